import type { Difference } from './difference.ts'
import type { Receipt } from './receipt.ts'

const MEGABYTE = 1e6
const COLUMN = 14
/** As many operators as a person reads. */
const OPERATORS = 8

/** A receipt as a page of text: what it was made from, what was cut, what it costs, where it may run. */
export function explainReceipt(receipt: Receipt): string {
  const { model, version, verdict, tools } = receipt
  return [
    `${model} ${version}: ${verdict.placement}`,
    ...verdict.reasons.map((reason) => line('', reason)),
    ...planLines(receipt),
    ...Object.entries(receipt.sources).map(([place, digest]) =>
      line('source', `${digest.slice(0, 16)}…  ${place}`),
    ),
    ...Object.entries(receipt.graphs).flatMap(([name, graph]) =>
      graphLines(name, graph, receipt.weights),
    ),
    ...runtimeLines(receipt.runtime),
    ...Object.entries(receipt.parity ?? {}).map(([output, difference]) =>
      line('wasm ↔ native', `${output}: ${show(difference)}`),
    ),
    ...measuredLines(receipt.measured),
    line(
      'made with',
      Object.entries(tools)
        .map((pair) => pair.join(' '))
        .join(', '),
    ),
    ...(receipt.report ? [line('recipe', JSON.stringify(receipt.report))] : []),
    '',
  ].join('\n')
}

function planLines({ verdict }: Receipt): string[] {
  return Object.entries(verdict.plans).map(([plan, fits]) =>
    line('', `${fits ? 'fits' : 'does not fit'} the CPU time of the ${plan} plan`),
  )
}

function graphLines(
  name: string,
  graph: Receipt['graphs'][string],
  weights: Receipt['weights'],
): string[] {
  const { facts, source, optimised, optimisation, conversion } = graph
  const operators = Object.entries(facts.operators)
  const shown = operators.slice(0, OPERATORS).map(([operator, count]) => `${operator} ${count}`)
  const rest = operators.length > OPERATORS ? `, ${operators.length - OPERATORS} more` : ''
  const unknown =
    facts.unknownTensors > 0 ? ` (${facts.unknownTensors} of unknown size left out)` : ''
  return [
    line(
      'graph',
      `${name}: ${megabytes(source.bytes)} as ONNX, ${megabytes(optimised.bytes)} optimised`,
    ),
    line(
      '',
      `${facts.parameters.toLocaleString('en')} parameters, about ${megabytes(facts.peakActivationBytes)} of activations at once${unknown}`,
    ),
    line('', `operators: ${shown.join(', ')}${rest}`),
    line(
      '',
      `${weights ? `optimising, with weights as ${weights},` : 'optimising'} changed its answers by ${show(optimisation)}`,
    ),
    ...(conversion
      ? [line('', `from ${conversion.runtime} it differs by ${show(conversion)}`)]
      : []),
    line('', `sha256 ${optimised.sha256}`),
  ]
}

function runtimeLines(runtime: Receipt['runtime']): string[] {
  if (!runtime) return []
  const { cut, published } = runtime
  const share = Math.round((100 * runtime.bytes) / published.bytes)
  if (!cut) return [line('runtime', `as published, ${megabytes(published.bytes)}`)]
  const { functions, models, calibrationRuns } = cut
  const shared = models.length > 1 ? `, shared by ${models.join(', ')}` : ''
  return [
    line(
      'runtime',
      `cut to ${megabytes(runtime.bytes)}, ${share} % of ${megabytes(published.bytes)}${shared}`,
    ),
    line(
      '',
      `${functions.executed.toLocaleString('en')} of ${functions.published.toLocaleString('en')} functions ran in ${calibrationRuns} runs; with what they call ${functions.kept.toLocaleString('en')} are kept`,
    ),
    line('', `sha256 ${runtime.sha256}`),
  ]
}

function measuredLines(measured: Receipt['measured']): string[] {
  if (!measured) return []
  return [
    line(
      'measured',
      `in workerd on ${measured.machine}, largest example '${measured.largestExample}'`,
    ),
    line(
      '',
      `Worker ${megabytes(measured.workerBytes)}; start-up ${measured.startupCpuMs} ms of CPU`,
    ),
    line(
      '',
      `first request ${measured.firstRequestCpuMs} ms of CPU, a later one ${measured.requestCpuMs} ms`,
    ),
    line(
      '',
      `linear memory ${megabytes(measured.memoryAfterLoadBytes)} loaded, ${megabytes(measured.memoryAfterLargestBytes)} after the largest example`,
    ),
  ]
}

function line(title: string, text: string): string {
  return `  ${title.padEnd(COLUMN)} ${text}`
}

function megabytes(bytes: number): string {
  return `${(bytes / MEGABYTE).toFixed(2)} MB`
}

function show({ maxAbsolute, maxRelative }: Difference): string {
  return maxAbsolute === 0
    ? 'nothing'
    : `${maxAbsolute.toExponential(1)} at most (${maxRelative.toExponential(1)} of the largest value)`
}
