import { z } from 'zod'

import { ModelId, ModelVersion, Placement } from '#shared/manifest.ts'
import { RegisteredManifest } from '#shared/remote-manifest.ts'

import { Scope } from '../scope.ts'

/** Of a node: it goes into headers. */
export const NodeName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'must be lower-case letters, digits and dashes')

/** Where a deployment runs, in the owner's own words. */
export const Region = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'must be lower-case letters, digits and dashes, like eu-west')

export const PutModel = z.strictObject({
  /** Of a model folder, or with the source `remote` of a model that another server has. */
  manifest: RegisteredManifest,
  /** SHA-256 of each artefact by file name. */
  artefacts: z.record(z.string().max(128), z.string().regex(/^[0-9a-f]{64}$/)).default({}),
})
export type PutModel = z.infer<typeof PutModel>

const State = z.enum(['ready', 'draining', 'disabled'])
const Weight = z.number().min(0).max(1_000)
/** From what a node can renew in time, to a day. */
const LeaseSeconds = z.int().min(10).max(86_400)
/** Of one call, in calls at the edge. */
const Cost = z.number().min(0).max(1_000_000)

export const PutDeployment = z
  .strictObject({
    /** By default `<model>@<version>/<node>`, so that registering twice is the same as once. */
    id: z
      .string()
      .regex(/^[\w.@/-]{1,160}$/)
      .optional(),
    model: ModelId,
    version: ModelVersion,
    node: NodeName,
    placement: Placement,
    transport: z.enum(['binding', 'http', 'oip']),
    target: z.string().min(1).max(512),
    /** Both keep their value when the deployment exists; else 1, and ready as soon as it says so itself. A state that is given is believed. */
    weight: Weight.optional(),
    state: State.optional(),
    /** Both keep their value too; unknown at first. */
    region: Region.optional(),
    cost: Cost.optional(),
    /** It takes traffic only as long as it renews its lease, by this or at /admin/leases; `null` takes the lease away. */
    leaseSeconds: LeaseSeconds.nullable().optional(),
    /** `false`: another server is registered without asking it for the model's metadata, or whether it is ready. */
    verify: z.boolean().optional(),
  })
  .refine(({ transport, verify }) => verify === undefined || transport === 'oip', {
    error: 'belongs to the transport oip',
    path: ['verify'],
  })

export type PutDeployment = z.infer<typeof PutDeployment>

/** Deployments of one node. */
const MAX_RENEWED = 1_000

export const RenewLeases = z.strictObject({
  deployments: z.array(z.string().min(1).max(160)).min(1).max(MAX_RENEWED),
})
export type RenewLeases = z.infer<typeof RenewLeases>

export const PatchDeployment = z
  .strictObject({
    weight: Weight.optional(),
    state: State.optional(),
    region: Region.nullable().optional(),
    cost: Cost.nullable().optional(),
  })
  .refine((patch) => Object.keys(patch).length > 0, { error: 'give weight, state, region or cost' })
export type PatchDeployment = z.infer<typeof PatchDeployment>

/** Ten years: a key that never expires is asked for by leaving it out, not by a huge number. */
const MAX_LIFETIME_S = 10 * 365 * 24 * 3600

export const CreateKey = z.strictObject({
  name: z.string().min(1).max(80),
  scopes: z.array(Scope).min(1).max(3),
  expiresInSeconds: z.int().min(1).max(MAX_LIFETIME_S).optional(),
})
export type CreateKey = z.infer<typeof CreateKey>

/** Names as Prometheus has them. */
const Metric = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'must be like accuracy or latency_ms')

/** What the value of a metric must be where the router reckons with it; of any other it is any number. */
const RANGES = new Map([
  ['accuracy', { most: 1, range: 'a share, from 0 to 1' }],
  ['determinism', { most: 1, range: 'a share, from 0 to 1' }],
  ['latency_ms', { most: Infinity, range: 'in milliseconds, from 0' }],
])

const DeploymentId = z.string().min(1).max(160)

export const VerifyDeployment = z.strictObject({ deployment: DeploymentId })
export type VerifyDeployment = z.infer<typeof VerifyDeployment>

export const PutMeasurement = z
  .strictObject({
    deployment: DeploymentId,
    metric: Metric,
    value: z.number(),
    /** Of how many things, where it is a share of them. */
    samples: z.int().positive().optional(),
  })
  .superRefine(({ metric, value }, { addIssue }) => {
    const { most = Infinity, range } = RANGES.get(metric) ?? {}
    if (range === undefined || (value >= 0 && value <= most)) return
    addIssue({
      code: 'custom',
      path: ['value'],
      message: `${metric} is ${value}; it must be ${range}`,
    })
  })
export type PutMeasurement = z.infer<typeof PutMeasurement>
