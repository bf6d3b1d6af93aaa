import type { Context } from 'hono'

import { MeshError } from '#shared/mesh-error.ts'
import type { OipBackend, OipModel } from '#shared/oip/oip-backend.ts'
import { INFERENCE_HEADER, MESH_VERSION } from '#shared/protocol.ts'
import { isRemote, type RegisteredManifest } from '#shared/remote-manifest.ts'

import { constraintsOf } from './constraints.ts'
import { tensor } from './doors/tensor.ts'
import type { RouterApp } from './env.ts'
import { countServing } from './matching/offer.ts'
import { lookForCall, lookTwice, perform, readInTime, sendAnswer } from './perform.ts'
import { snapshotOf } from './request-snapshot.ts'
import { requireTensorCandidates, requireVersions } from './require-tensor-candidates.ts'
import type { Snapshot } from './snapshot.ts'

/** What nodes can read (shared/oip); anything else would reach them as noise. */
const ENCODINGS: ReadonlySet<string> = new Set(['identity', 'gzip', 'deflate'])

/** The router as a server of the Open Inference Protocol: its models are the registry's, wherever they run. */
export const routerBackend: OipBackend<RouterApp> = {
  server: { name: 'capillary', version: MESH_VERSION },

  async ready(c) {
    await snapshotOf(c)
    return true
  },

  async models(c) {
    const snapshot = await snapshotOf(c)
    return Array.from(snapshot.models.values(), ({ manifest }) => describe(manifest, snapshot))
  },

  requireModel: (c, name, version) =>
    lookTwice(c, (snapshot) => {
      const found = requireVersions(snapshot, name, version)
      const models = found.map(({ manifest }) => describe(manifest, snapshot))
      // a request that names no version goes to any that is ready
      return models.toSorted((a, b) => Number(b.ready) - Number(a.ready))
    }),

  async infer(c, name, version) {
    const started = Date.now()
    const constraints = constraintsOf(c.req.raw.headers)
    const headers = bodyHeaders(c)
    const candidates = await lookForCall(c, null, (snapshot) =>
      requireTensorCandidates(snapshot, { name, inPath: version, constraints }, c.get('board')),
    )
    const { deadlineMs } = constraints
    const body = await readInTime(c, `[${name}]`, deadlineMs)
    const call = { door: tensor, candidates, deadlineMs, started, body, headers }
    return sendAnswer(c, await perform(c, call))
  },

  statistics: (c, name, version) =>
    lookTwice(c, (snapshot) => {
      const models =
        name === undefined
          ? Array.from(snapshot.models.values())
          : requireVersions(snapshot, name, version)
      return models.map(({ manifest }) =>
        c.get('counts').statisticsOf({ name: manifest.id, version: manifest.version }),
      )
    }),
}

/** What runs a model on somebody else's server is known there only. */
const REMOTE_PLATFORM = 'remote'

function describe(manifest: RegisteredManifest, { offersOfModel }: Snapshot): OipModel {
  const { id: name, version, inputs, outputs } = manifest
  const textTensor = isRemote(manifest) ? undefined : manifest.textTensor
  const offers = offersOfModel.get(name) ?? []
  const own = offers.filter(({ model }) => model.manifest.version === version)
  const ready = countServing(own, 'tensor') > 0
  return {
    name,
    version,
    platform: isRemote(manifest) ? REMOTE_PLATFORM : 'onnx_onnxv1',
    inputs,
    outputs,
    ...(textTensor === undefined ? {} : { parameters: { text_input: textTensor } }),
    ...(ready ? { ready } : { ready: false, reason: 'no deployment of it is ready' }),
  }
}

/**
 * What says how the body is to be read. Its type follows from the protocol and not from the caller: Triton's
 * client sends none, and others name it by habit.
 */
function bodyHeaders(c: Context): Record<string, string> {
  const jsonBytes = c.req.header(INFERENCE_HEADER)
  if (jsonBytes !== undefined && !/^\d{1,10}$/.test(jsonBytes)) {
    throw new MeshError(
      'invalid_request',
      `${INFERENCE_HEADER} is '${jsonBytes.slice(0, 32)}'; it must be the bytes of JSON before the tensors`,
    )
  }
  const encoding = (c.req.header('content-encoding') ?? 'identity').trim().toLowerCase()
  if (!ENCODINGS.has(encoding)) {
    throw new MeshError(
      'media_type_unsupported',
      `the content-encoding '${encoding.slice(0, 32)}' is not known; there are gzip and deflate`,
    )
  }
  return {
    ...(jsonBytes === undefined
      ? { 'content-type': 'application/json' }
      : { 'content-type': 'application/octet-stream', [INFERENCE_HEADER]: jsonBytes }),
    ...(encoding === 'identity' ? {} : { 'content-encoding': encoding }),
  }
}
