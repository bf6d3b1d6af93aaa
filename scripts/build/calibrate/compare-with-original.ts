import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { runtime as nativeRuntime } from '#onnx'

import { BuildError } from '../build-error.ts'
import { loadConverter } from '../convert/load-converter.ts'
import { DifferenceMeter } from '../difference.ts'
import { readForeignFiles } from '../foreign-files.ts'
import type { ModelProcessRequest } from '../model-process.ts'
import type { Calibration } from './calibration.ts'
import type { GraphRun } from './record-runs.ts'

/**
 * Largest difference, relative to the largest value of the output, that conversion may make. Sums in
 * another order make 1e-6; more than this is an operator that means something else.
 */
const MAX_CONVERSION_DIFFERENCE = 1e-3

/** Runs what was converted and what it was converted from, on the examples. Nothing for other sources. */
export async function compareWithOriginal(
  request: ModelProcessRequest,
  recorded: readonly GraphRun[],
  log: (message: string) => void,
): Promise<NonNullable<Calibration['conversion']>> {
  const result: NonNullable<Calibration['conversion']> = {}
  const foreign = await readForeignFiles(request.sourceDir, request.id)
  for (const [name, { format, model }] of Object.entries(foreign)) {
    const converter = await loadConverter(format)
    const original = (await converter.loadOriginal?.(model)) ?? {
      missing: `no runtime of ${format} runs in Node`,
    }
    if ('missing' in original) {
      log(`${original.missing}: the conversion of ${name} was compared with none`)
      continue
    }
    const session = await nativeRuntime.createSession({
      modelId: request.id,
      bytes: await readFile(join(request.convertedDir, `${name}.onnx`)),
    })
    const meter = new DifferenceMeter()
    for (const { graph, inputs } of recorded) {
      if (graph === name) meter.add(await session.run(inputs), await original.run(inputs))
    }
    await session.release()
    const { runtime } = original
    const { maxAbsolute, maxRelative } = meter.largest()
    const found = `differs from ${runtime} by ${maxRelative.toExponential(1)} of the largest value`
    if (!(maxRelative <= MAX_CONVERSION_DIFFERENCE)) {
      throw new BuildError(
        `[${request.id}] the conversion of graph '${name}' ${found}; ${MAX_CONVERSION_DIFFERENCE} is the most\n` +
          '  An operator means something else than its conversion does; please report it with the model.',
      )
    }
    log(`the conversion of ${name} ${found}`)
    result[name] = { runtime, maxAbsolute, maxRelative }
  }
  return result
}
