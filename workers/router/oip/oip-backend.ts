import type { Context } from 'hono'

import { contentEncodingOf } from '#shared/oip/content-encoding.ts'
import { jsonBytesOf } from '#shared/oip/json-bytes.ts'
import type { OipBackend, OipModel } from '#shared/oip/oip-backend.ts'
import { peekTimeoutMs } from '#shared/oip/peek-timeout.ts'
import { INFERENCE_HEADER, MESH_VERSION } from '#shared/protocol.ts'
import { isRemote } from '#shared/remote-manifest.ts'

import { answeringVersions } from './answering-versions.ts'
import { constraintsOf } from '../constraints.ts'
import { tensor } from '../doors/tensor.ts'
import type { RouterApp } from '../env.ts'
import type { LeaseBoard } from '../leases/lease-board.ts'
import { lookForCall, lookTwice, perform, readInTime, sendAnswer } from '../perform.ts'
import { snapshotOf } from '../registry/request-snapshot.ts'
import {
  isReady,
  leads,
  requireTensorCandidates,
  requireVersions,
} from './require-tensor-candidates.ts'
import type { RegisteredModel, Snapshot } from '../registry/snapshot.ts'

/** The router as a server of the Open Inference Protocol: its models are the registry's, wherever they run. */
export const routerBackend: OipBackend<RouterApp> = {
  server: { name: 'capillary', version: MESH_VERSION },

  async ready(c) {
    await snapshotOf(c)
    return true
  },

  async models(c) {
    const snapshot = await snapshotOf(c)
    const { leases } = c.get('registry')
    return Array.from(snapshot.models.values(), (model) => describe(model, snapshot, leases))
  },

  requireModel: (c, name, version) =>
    lookTwice(c, (snapshot) => {
      const { leases } = c.get('registry')
      const found = requireVersions(snapshot, name, version)
      const answering = answeringVersions(found, (model) => leads(snapshot, model, leases))
      const others = found.toReversed().filter((model) => !answering.includes(model))
      return [...answering, ...others].map((model) => describe(model, snapshot, leases))
    }),

  async infer(c, name, version) {
    const started = Date.now()
    const constraints = constraintsOf(c.req.raw.headers)
    const headers = bodyHeaders(c)
    const candidates = await lookForCall(c, null, (snapshot) =>
      requireTensorCandidates(
        snapshot,
        { name, inPath: version, constraints, key: c.get('key').id },
        c.get('board'),
      ),
    )
    const body = await readInTime(c, `[${name}]`, constraints.deadlineMs)
    const waits = callersTimeout(body, headers) ?? Number.POSITIVE_INFINITY
    const deadlineMs = Math.min(constraints.deadlineMs, Date.now() - started + waits)
    const asked = { ...constraints, version: version ?? constraints.version, deadlineMs }
    const call = { door: tensor, candidates, constraints: asked, started, body, headers }
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

function describe(model: RegisteredModel, snapshot: Snapshot, leases: LeaseBoard): OipModel {
  const { manifest } = model
  const { id: name, version, inputs, outputs } = manifest
  const textTensor = isRemote(manifest) ? undefined : manifest.textTensor
  const ready = isReady(snapshot, model, leases)
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
 * `parameters.timeout` of the body in milliseconds: what one node leaves of it is all that the next may
 * have. That of a compressed body is known only to the nodes, which keep it each for itself.
 */
function callersTimeout(
  body: Uint8Array,
  headers: Readonly<Record<string, string>>,
): number | undefined {
  if ('content-encoding' in headers) return undefined
  return peekTimeoutMs(body.subarray(0, Number(headers[INFERENCE_HEADER] ?? body.byteLength)))
}

/**
 * What says how the body is to be read. Its type follows from the protocol and not from the caller: Triton's
 * client sends none, and others name it by habit.
 */
function bodyHeaders({ req }: Context): Record<string, string> {
  const { headers } = req.raw
  const jsonBytes = jsonBytesOf(headers, 'the router')
  const encoding = contentEncodingOf(headers, 'the router')
  return {
    ...(jsonBytes === undefined
      ? { 'content-type': 'application/json' }
      : { 'content-type': 'application/octet-stream', [INFERENCE_HEADER]: String(jsonBytes) }),
    ...(encoding ? { 'content-encoding': encoding } : {}),
  }
}
