import { join, relative } from 'node:path'

import { answerFile } from '#shared/media-answer.ts'

import type { ModelFolder } from '../../workers/native/model-folders.ts'
import { writeAtomically } from '../build/write-atomically.ts'
import { exampleInput } from './example-input.ts'

interface CurlOptions {
  url: string
  key: string
  outputDir: string
  /** All models there are: where several have the capability, the one that is meant is named. */
  folders: readonly ModelFolder[]
}

/** One curl to paste for a model: its first golden example, the file laid out beside. */
export async function curlExample(
  folder: ModelFolder,
  { url, key, outputDir, folders }: CurlOptions,
): Promise<string | undefined> {
  const [example] = folder.manifest.examples
  if (!example) return undefined
  const { mediaType, bytes } = await exampleInput(example, folder, join(outputDir, 'cache'))
  const file = join(outputDir, 'examples', `${folder.id}.${mediaType.split('/')[1]}`)
  await writeAtomically(file, bytes)
  const answer = answerFile(folder.manifest)
  const { capability } = folder.manifest
  const isOneOfSeveral = folders.some(
    ({ id, manifest }) => id !== folder.id && manifest.capability === capability,
  )
  return (
    `curl ${url}/infer/${capability} -H "authorization: Bearer ${key}" ` +
    (isOneOfSeveral ? `-H "mesh-model: ${folder.id}" ` : '') +
    `-H "content-type: ${mediaType}" --data-binary @${relative(process.cwd(), file)}` +
    (answer === undefined ? '' : ` --output ${answer}`)
  )
}
