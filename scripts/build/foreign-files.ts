import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { z } from 'zod'

import { ForeignFormat, TensorSpec, type Manifest } from '#shared/manifest.ts'

import { BuildError } from './build-error.ts'
import type { ForeignModel } from './convert/converter.ts'
import { fetchSource, type FetchContext } from './fetch-source.ts'

/** foreign.json of stage `source`: graphs by name, and where the files of their formats lie. */
const ForeignFiles = z.record(
  z.string(),
  z.object({
    format: ForeignFormat,
    files: z.record(z.string(), z.string()),
    inputs: z.array(TensorSpec),
    outputs: z.array(TensorSpec),
  }),
)
type ForeignFiles = z.infer<typeof ForeignFiles>

const INDEX = 'foreign.json'

/**
 * Fetches and verifies the files of every graph that is converted into `dir`, for the stages that convert
 * and compare. Returns the graphs' names: none for a model whose source is another.
 */
export async function writeForeignFiles(
  { source, inputs, outputs }: Pick<Manifest, 'source' | 'inputs' | 'outputs'>,
  context: FetchContext,
  dir: string,
): Promise<string[]> {
  if (source.type !== 'convert') return []
  const index: ForeignFiles = {}
  for (const [name, graph] of Object.entries(source.graphs)) {
    const tensors = name === 'model' ? { inputs, outputs } : graph
    if (!tensors.inputs || !tensors.outputs) {
      throw new BuildError(
        `[${context.modelId}] graph '${name}' needs its own "inputs" and "outputs" in manifest.json`,
      )
    }
    const files: Record<string, string> = {}
    for (const [i, [file, from]] of Object.entries(graph.files).entries()) {
      // a name of the format may be a path: it isn't used as one here
      files[file] = `${name}.${i}.foreign`
      await writeFile(join(dir, files[file]), await fetchSource(from, context))
    }
    const { format } = graph
    index[name] = { format, files, inputs: tensors.inputs, outputs: tensors.outputs }
  }
  await writeFile(join(dir, INDEX), JSON.stringify(index))
  return Object.keys(index)
}

/** The graphs that `writeForeignFiles` wrote to `dir`; none where it wrote none. */
export async function readForeignFiles(
  dir: string,
  modelId: string,
): Promise<Record<string, { format: ForeignFormat; model: ForeignModel }>> {
  const text = await readFile(join(dir, INDEX), 'utf8').catch((err: unknown) => {
    if (err instanceof Error && 'code' in err && err.code === 'ENOENT') return '{}'
    throw err
  })
  const index = ForeignFiles.parse(JSON.parse(text))
  const graphs: Record<string, { format: ForeignFormat; model: ForeignModel }> = {}
  for (const [name, { format, files, inputs, outputs }] of Object.entries(index)) {
    const bytes: Record<string, Uint8Array> = {}
    for (const [file, path] of Object.entries(files)) bytes[file] = await readFile(join(dir, path))
    const who = name === 'model' ? `[${modelId}]` : `[${modelId}] graph '${name}':`
    graphs[name] = { format, model: { who, files: bytes, inputs, outputs } }
  }
  return graphs
}
