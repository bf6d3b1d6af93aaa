import type { Metric } from './metric.ts'

/** The text format of Prometheus, version 0.0.4. */
export const EXPOSITION_MEDIA_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

export function writeExposition(metrics: readonly Metric[]): string {
  const lines: string[] = []
  for (const metric of metrics) {
    const { name, help, type } = metric
    lines.push(`# HELP ${name} ${escape(help)}`, `# TYPE ${name} ${type}`)
    for (const { suffix = '', labels, value } of metric.samples()) {
      lines.push(`${name}${suffix}${labelSet(labels)} ${value}`)
    }
  }
  return `${lines.join('\n')}\n`
}

function labelSet(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${escape(value).replaceAll('"', '\\"')}"`,
  )
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escape(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}
