import { join, relative } from 'node:path'

import { answerFile } from '#shared/media-answer.ts'

import type { ModelFolder } from '../../workers/native/model-folders.ts'
import { writeAtomically } from '../build/write-atomically.ts'
import { exampleInput } from './example-input.ts'

/** One curl to paste for a capability: its first golden example, the file laid out beside. */
export async function curlExample(
  folder: ModelFolder,
  { url, key, outputDir }: { url: string; key: string; outputDir: string },
): Promise<string | undefined> {
  const [example] = folder.manifest.examples
  if (!example) return undefined
  const { mediaType, bytes } = await exampleInput(example, folder, join(outputDir, 'cache'))
  const file = join(outputDir, 'examples', `${folder.id}.${mediaType.split('/')[1]}`)
  await writeAtomically(file, bytes)
  const answer = answerFile(folder.manifest)
  return (
    `curl ${url}/infer/${folder.manifest.capability} -H "authorization: Bearer ${key}" ` +
    `-H "content-type: ${mediaType}" --data-binary @${relative(process.cwd(), file)}` +
    (answer === undefined ? '' : ` --output ${answer}`)
  )
}
