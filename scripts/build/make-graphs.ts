import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { z } from 'zod'

import type { Manifest, Recipe as RecipeSource } from '#shared/manifest.ts'
import type { Recipe, RecipeResult } from '#shared/recipe.ts'

import { BuildError } from './build-error.ts'
import { fetchPackage, fetchSource, type FetchContext } from './fetch-source.ts'

/** What recipes make are files of these names in a folder of the build. */
const PLAIN_NAME = /^\w[\w.-]*$/

const RecipeModule = z.object({
  default: z.custom<Recipe>(
    (value) => typeof value === 'function',
    'must export a function as default',
  ),
})

/** What comes as ONNX graphs, fetched and verified, or what the recipe makes; none of what is converted later. */
export async function makeGraphs(
  { source }: Pick<Manifest, 'source'>,
  context: FetchContext,
): Promise<RecipeResult> {
  if (source.type === 'recipe') return runRecipe(source, context)
  if (source.type === 'convert') return { graphs: {} }
  return { graphs: await mapValues(source.graphs, (file) => fetchSource(file, context)) }
}

async function runRecipe(source: RecipeSource, context: FetchContext): Promise<RecipeResult> {
  const path = join(context.modelDir, source.script)
  const module = RecipeModule.safeParse(await import(pathToFileURL(path).href))
  if (!module.success) {
    throw new BuildError(`[${context.modelId}] ${source.script} ${z.prettifyError(module.error)}`)
  }
  const result = await module.data.default({
    files: await mapValues(source.inputs, (file) => fetchSource(file, context)),
    packages: await mapValues(source.packages, (item) => fetchPackage(item, context)),
    log: context.log,
  })
  if (!result.graphs.model) {
    throw new BuildError(`[${context.modelId}] ${source.script} made no graph called 'model'`)
  }
  for (const name of [...Object.keys(result.graphs), ...Object.keys(result.assets ?? {})]) {
    if (PLAIN_NAME.test(name)) continue
    throw new BuildError(
      `[${context.modelId}] ${source.script} made '${name}': a name is of letters, digits, '.', '_' and '-'`,
    )
  }
  return result
}

/** In order, so that files of one package fetch it once. */
async function mapValues<T, U>(
  record: Readonly<Record<string, T>>,
  map: (value: T) => Promise<U>,
): Promise<Record<string, U>> {
  const result: Record<string, U> = {}
  for (const [key, value] of Object.entries(record)) result[key] = await map(value)
  return result
}
