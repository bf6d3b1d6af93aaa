import { describe, expect, inject, test } from 'vitest'

import { findDifference } from '#shared/within-tolerance.ts'

import { readAnswer } from '../scripts/mesh/read-answer.ts'
import { MODELS_DIR } from '../scripts/paths.ts'
import { readModelFolders } from '../workers/native/model-folders.ts'
import { sendExample, testModelOnNode } from './model-contract.ts'
import { nodeClient } from './node-client.ts'

const mesh = inject('mesh')
const native = nodeClient('native', mesh.nativeUrl, mesh.signingKey)
const folders = readModelFolders(MODELS_DIR)

for (const folder of folders) {
  const { manifest, id } = folder
  const workerUrl = mesh.workerUrls[id]
  if (workerUrl !== undefined) testModelOnNode(folder, nodeClient(`mesh-${id}`, workerUrl))
  if (manifest.placement.includes('native')) testModelOnNode(folder, native)

  if (workerUrl === undefined || !manifest.placement.includes('native')) continue
  describe(`${id} on both runtimes`, () => {
    for (const example of manifest.examples) {
      test(`answers alike: ${example.name}`, async () => {
        const [edge, node] = await Promise.all(
          [nodeClient(`mesh-${id}`, workerUrl), native].map(async (client) =>
            readAnswer(await sendExample(client, folder, example)),
          ),
        )
        expect(await findDifference(edge, node, example.tolerance)).toBeUndefined()
      })
    }
  })
}
