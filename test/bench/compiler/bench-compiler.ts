/**
 * `npm run bench:compiler [-- <model>…]`: what the build is worth, model by model, against plain
 * onnxruntime-web with the graph as published, in the same workerd. With all models it writes the table
 * of docs/benchmarks.md.
 */
import { buildModels } from '../../../scripts/build/build-models.ts'
import { MODELS_DIR, OUTPUT_DIR } from '../../../scripts/paths.ts'
import { readModelFolders } from '../../../workers/native/model-folders.ts'
import { machineLine, writeSection } from '../benchmarks-page.ts'
import { quantile } from '../timing.ts'
import { measureModel, type Figures, type ModelFigures } from './measure-model.ts'

const ids = process.argv.slice(2)
await buildModels({ ids, modelsDir: MODELS_DIR, outputDir: OUTPUT_DIR, log: console.log })
const measured: ModelFigures[] = []
for (const folder of readModelFolders(MODELS_DIR, ids)) {
  if (!folder.manifest.placement.includes('edge')) continue
  console.log(`[${folder.id}] measuring`)
  const figures = await measureModel(folder)
  measured.push(figures)
  console.log(row(figures))
}
const page = report(measured)
console.log(page)
if (ids.length === 0) await writeSection('bench:compiler', page)
process.exit()

function report(figures: readonly ModelFigures[]): string {
  const ratios = (pick: (figure: Figures) => number) =>
    figures.map(({ plain, compiled }) => pick(compiled) / pick(plain))
  const line = (name: string, reach: string, values: readonly number[]) =>
    `| ${name} | ${reach} | **${quantile(values, 0.5).toFixed(2)}** | ${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)} |`
  const native = figures.map(({ compiled, nativeMs }) => compiled.inferenceMs / nativeMs)
  return [
    '## What the model compiler is worth',
    '',
    machineLine('npm run bench:compiler'),
    'Each model as the build made it, against onnxruntime-web used by its own JavaScript API with the graph as published (for converted models and recipes: as converted), in the same workerd.',
    'First answer: from starting the process to the whole answer, 9 starts each. Inference: one warm run of the main graph with the largest example, 11 batches of about 250 ms each. Both take turns; medians.',
    '',
    '| ratio, compiled to plain | reach | median | models |',
    '| --- | ---: | ---: | ---: |',
    line(
      'runtime bytes, raw',
      '≤ 0.45',
      ratios(({ runtimeBytes }) => runtimeBytes),
    ),
    line(
      'runtime bytes, gzip -9',
      '≤ 0.40',
      ratios(({ runtimeGzipBytes }) => runtimeGzipBytes),
    ),
    line(
      'fresh process → first answer',
      '≤ 0.60',
      ratios(({ firstAnswerMs }) => firstAnswerMs),
    ),
    line(
      'linear memory',
      '≤ 0.70',
      ratios(({ memoryBytes }) => memoryBytes),
    ),
    line(
      'one warm inference',
      '≤ 0.60, none above 1',
      ratios(({ inferenceMs }) => inferenceMs),
    ),
    line('one warm inference against onnxruntime-node, 1 thread', '≤ 2.00', native),
    '',
    '| model | runtime MB | gzip MB | first answer ms | memory MB | inference ms | native ms | to native |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...figures.map(row),
    '',
    'Each cell: plain → compiled (ratio).',
    '',
    'Why one warm inference is not faster still: where a run is matrix products, both sides run the same kernels on the same graph, at what 128-bit vectors give',
    '([decisions/0006](decisions/0006-runtime-images.md)); what is saved is the way there, which shows in small models only. A ratio a few hundredths above 1 is noise of the machine as much as of the runtime.',
    "Linear memory: 5 MiB of it are the runtime's stack, 1 MB its data and about 3 MB its registry of kernels, whatever the model.",
    '',
  ].join('\n')
}

function row({ id, plain, compiled, nativeMs }: ModelFigures): string {
  const cell = (pick: (figure: Figures) => number, scale: number, digits: number) => {
    const [a, b] = [pick(plain), pick(compiled)]
    return `${(a / scale).toFixed(digits)} → ${(b / scale).toFixed(digits)} (${(b / a).toFixed(2)})`
  }
  return `| ${[
    id,
    cell(({ runtimeBytes }) => runtimeBytes, 1e6, 2),
    cell(({ runtimeGzipBytes }) => runtimeGzipBytes, 1e6, 2),
    cell(({ firstAnswerMs }) => firstAnswerMs, 1, 0),
    cell(({ memoryBytes }) => memoryBytes, 1e6, 1),
    cell(({ inferenceMs }) => inferenceMs, 1, 3),
    nativeMs.toFixed(3),
    (compiled.inferenceMs / nativeMs).toFixed(2),
  ].join(' | ')} |`
}
