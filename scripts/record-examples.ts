/** `npm run examples -- <model>…`: runs the golden examples natively and writes the answers into manifest.json as expected. Look at the difference before you keep it. */
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { z } from 'zod'

import type { ExpectedMedia } from '#shared/manifest.ts'
import { MediaAnswer } from '#shared/media-answer.ts'

import { loadModels } from '../workers/native/load-models.ts'
import { readModelFolders } from '../workers/native/model-folders.ts'
import { sha256 } from './build/digest.ts'
import { writeAtomically } from './build/write-atomically.ts'
import { exampleInput } from './mesh/example-input.ts'
import { ARTEFACTS_DIR, MODELS_DIR, OUTPUT_DIR, ROOT } from './paths.ts'

const run = promisify(execFile)

const ids = process.argv.slice(2)
if (ids.length === 0) {
  console.error('name the models whose examples to record: npm run examples -- <model>…')
  process.exit(1)
}
const folders = readModelFolders(MODELS_DIR, ids)
const models = await loadModels(folders, ARTEFACTS_DIR)

for (const [i, folder] of folders.entries()) {
  const path = join(folder.path, 'manifest.json')
  const manifest = z
    .looseObject({ examples: z.array(z.looseObject({ expected: z.unknown() })) })
    .parse(JSON.parse(await readFile(path, 'utf8')))
  for (const [j, example] of folder.manifest.examples.entries()) {
    const input = await exampleInput(example, folder, join(OUTPUT_DIR, 'cache'))
    const answer = await models[i]?.predict(input, example.parameters ?? {})
    const written = manifest.examples[j]
    const expected =
      answer instanceof MediaAnswer ? await writeAnswer(answer, example.name, folder.path) : answer
    if (written) written.expected = expected
    console.log(`[${folder.id}] ${example.name}: ${JSON.stringify(expected).slice(0, 300)}`)
  }
  await writeFile(path, JSON.stringify(manifest))
  await run(join(ROOT, 'node_modules', '.bin', 'oxfmt'), [path])
}

/** Keeps a file beside the manifest, under the name of its example, and says where. */
async function writeAnswer(
  { mediaType, bytes }: MediaAnswer,
  example: string,
  dir: string,
): Promise<ExpectedMedia> {
  const name = example.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  const path = `examples/${name}.expected.${mediaType.split('/')[1]}`
  await writeAtomically(join(dir, path), bytes)
  return { media: { file: { type: 'file', path, sha256: sha256(bytes) }, mediaType } }
}
