import { Hono } from 'hono'

import { ExpectedMedia } from '#shared/manifest.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { readBody } from '#shared/read-body.ts'
import { isRemote, type RegisteredManifest } from '#shared/remote-manifest.ts'
import { sha256 } from '#shared/sha256.ts'

import type { RouterApp } from '../env.ts'
import { RegistryReader } from '../registry/registry-reader.ts'
import { latestSnapshotOf } from '../registry/request-snapshot.ts'
import { versionKey } from '../registry/snapshot.ts'
import { VerificationStore } from './verification-store.ts'

/** In base64 it must fit a row of D1, which has 2 MB. */
export const MAX_EXAMPLE_FILE_BYTES = 1024 * 1024
/** Of one version. */
const MAX_EXAMPLE_BYTES = 8 * 1024 * 1024

/**
 * `PUT /admin/models/{id}/versions/{version}/examples/{sha256}`: a file that the examples of a manifest name.
 * Its address is its digest, so that nothing else than what the manifest means can be stored under it.
 */
export function exampleFileRoutes(): Hono<RouterApp> {
  const app = new Hono<RouterApp>()

  app.put('/:id/versions/:version/examples/:sha256', async (c) => {
    const { id, version, sha256: digest } = c.req.param()
    const key = versionKey({ id, version })
    const model = (await latestSnapshotOf(c)).models.get(key)
    if (!model) {
      throw new MeshError(
        'model_unknown',
        `${key.slice(0, 64)} is not registered: POST /admin/models first`,
      )
    }
    const named = filesOf(model.manifest)
    if (!named.has(digest)) {
      throw new MeshError(
        'invalid_request',
        `no example of ${key} names a file of the SHA-256 ${digest.slice(0, 64)}; they name ${named.size} others`,
      )
    }
    const store = new VerificationStore(c.env)
    const stored = await store.storedExampleBytes({ id, version }, digest)
    if (stored === undefined) return c.json({ model: key, sha256: digest, changed: false })
    const bytes = await readBody(c.req.raw, MAX_EXAMPLE_FILE_BYTES, `[${key}] the example's file:`)
    const actual = await sha256(bytes)
    if (actual !== digest) {
      throw new MeshError('invalid_request', `the body's SHA-256 is ${actual}, not ${digest}`)
    }
    if (stored + bytes.byteLength > MAX_EXAMPLE_BYTES) {
      throw new MeshError(
        'payload_too_large',
        `the example files of ${key} have ${stored} bytes; with this one they exceed ${MAX_EXAMPLE_BYTES}`,
      )
    }
    const audit = { actor: c.get('key').id, action: 'put_example', target: key, detail: digest }
    await store.addExampleFile({ id, version }, { sha256: digest, bytes }, audit)
    await c.get('registry').reload(new RegistryReader(c.env))
    return c.json({ model: key, sha256: digest, changed: true }, 201)
  })
  return app
}

/** The digests of the files that the examples of a manifest name. */
function filesOf(manifest: RegisteredManifest): ReadonlySet<string> {
  if (isRemote(manifest)) return new Set()
  return new Set(
    manifest.examples.flatMap(({ input, expected }) => {
      const media = ExpectedMedia.safeParse(expected).data?.media
      return [
        ...('file' in input ? [input.file.sha256] : []),
        ...(media ? [media.file.sha256] : []),
      ]
    }),
  )
}
