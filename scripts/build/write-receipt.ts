import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { Source } from '#shared/manifest.ts'

import { readGraph } from './admit/read-graph.ts'
import { judge } from './admit/verdict.ts'
import { sha256 } from './digest.ts'
import { readMeasurement, readParity, type EdgeRuntime, type EdgeStages } from './edge-stages.ts'
import { readCalibration, readContents, type ModelStages } from './model-stages.ts'
import { Receipt } from './receipt.ts'
import { PUBLISHED_RUNTIME } from './runtime-forms.ts'
import { CutFacts } from './runtime-stage.ts'
import type { Stage } from './stage.ts'
import { toolVersions } from './tool-versions.ts'

/** Runs what stages are left and writes down what they made and found. `dir` holds the artefacts. */
export async function writeReceipt(
  plan: { stages: ModelStages; edge?: EdgeStages & EdgeRuntime; key: string },
  dir: string,
): Promise<Receipt> {
  const { stages, edge, key } = plan
  const { manifest } = stages.folder
  const contents = await readContents(stages.source)
  const calibration = await readCalibration(stages)
  const graphs: Receipt['graphs'] = {}
  for (const name of contents.graphs) {
    const conversion = calibration.conversion?.[name]
    graphs[name] = {
      source: await digest(join(await stages.converted.dir(), `${name}.onnx`)),
      optimised: await digest(join(dir, `${name}.onnx`)),
      ...(edge?.imaged ? { image: await digest(join(dir, `${name}.image`)) } : {}),
      facts: readGraph(
        await readFile(join(await stages.optimised.dir(), `${name}.onnx`)),
        calibration.tensorBytes[name],
      ),
      optimisation: calibration.optimisation[name] ?? { maxAbsolute: 0, maxRelative: 0 },
      ...(conversion ? { conversion } : {}),
    }
  }
  const assets: Receipt['assets'] = {}
  for (const name of contents.assets) assets[name] = await digest(join(dir, name))
  const measured = edge ? await readMeasurement(edge) : undefined

  return Receipt.parse({
    model: manifest.id,
    version: manifest.version,
    ...(manifest.weights ? { weights: manifest.weights } : {}),
    key,
    sources: sourceDigests(manifest.source),
    graphs,
    assets,
    ...(edge
      ? { runtime: await runtimeOf(edge.runtime), parity: await readParity(edge, manifest.id) }
      : {}),
    ...(measured ? { measured } : {}),
    verdict: judge(manifest.placement, measured),
    tools: toolVersions(),
    ...(contents.report ? { report: contents.report } : {}),
  })
}

async function runtimeOf(runtime: Stage): Promise<Receipt['runtime']> {
  const dir = await runtime.dir()
  const cut = await readFile(join(dir, 'cut.json'), 'utf8').catch(() => undefined)
  return {
    ...(await digest(join(dir, 'ort.wasm'))),
    published: await digest(PUBLISHED_RUNTIME),
    ...(cut === undefined ? {} : { cut: CutFacts.parse(JSON.parse(cut)) }),
  }
}

/** Every digest that the manifest names, by where it names it. */
function sourceDigests(source: Source): Record<string, string> {
  const found: Record<string, string> = {}
  collect(source, '')
  return found

  function collect(value: unknown, path: string): void {
    if (typeof value !== 'object' || value === null) return
    for (const [name, field] of Object.entries(value)) {
      if (name === 'sha256') found[path] = String(field)
      else collect(field, path === '' ? name : `${path}.${name}`)
    }
  }
}

async function digest(path: string): Promise<{ sha256: string; bytes: number }> {
  const bytes = await readFile(path)
  return { sha256: sha256(bytes), bytes: bytes.byteLength }
}
