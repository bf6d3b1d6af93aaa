import { z } from 'zod'

import { ModelId, ModelVersion } from '#shared/manifest.ts'

/**
 * `promoted`: the candidate took the stable version's place. `rolled_back`: it was found worse. `held`: neither was
 * shown in time. `stopped`: by an admin.
 */
export const RolloutState = z.enum(['running', 'promoted', 'rolled_back', 'held', 'stopped'])
export type RolloutState = z.infer<typeof RolloutState>

const Share = z.number().min(0).max(1)
/** A rate of 0 could never be shown. */
const Rate = z.number().min(0.001).max(0.9)

/** What the candidate must keep to. */
const Limits = z.strictObject({
  /** Of the pairs of answers, those that may differ. */
  maxDisagreement: Rate.default(0.05),
  /** By how much more often than the stable version it may fail. */
  maxFailures: Rate.default(0.05),
  /** How many times longer it may take, half of the time; not looked at when absent. */
  maxLatencyRatio: z.number().min(0.1).max(100).nullable().default(null),
  /** How far apart numbers may be and still agree: of vectors and tensors, boxes in fractions, samples of pictures. */
  tolerance: z.number().min(0).max(1).default(0.01),
  /** How often at most a good candidate is rolled back, and a bad one promoted. */
  errorRate: z.number().min(0.001).max(0.2).default(0.05),
  /** More are not waited for. */
  maxPairs: z.int().min(20).max(1_000_000).default(10_000),
})

const DAY_S = 24 * 3600

/** The body of `POST /admin/rollouts`. */
export const StartRollout = z
  .strictObject({
    model: ModelId,
    stable: ModelVersion,
    candidate: ModelVersion,
    /** Of the callers, those whom the candidate answers; 0 is shadow: nobody sees what it answers. */
    share: Share.default(0),
    /** Of the requests that one version answered, those that the other is asked behind. */
    mirror: Share.default(1),
    limits: Limits.prefault({}),
    expiresInSeconds: z
      .int()
      .min(1)
      .max(90 * DAY_S)
      .default(7 * DAY_S),
  })
  .refine(({ stable, candidate }) => stable !== candidate, {
    error: 'must be another version than the stable one',
    path: ['candidate'],
  })
export type StartRollout = z.infer<typeof StartRollout>

/** The body of `PATCH /admin/rollouts/{model}`. */
export const PatchRollout = z
  .strictObject({
    share: Share.optional(),
    mirror: Share.optional(),
    /** Decides it by hand. */
    state: z.enum(['promoted', 'rolled_back', 'stopped']).optional(),
  })
  .refine((patch) => Object.keys(patch).length > 0, { error: 'give share, mirror or state' })
export type PatchRollout = z.infer<typeof PatchRollout>

/** A rollout as the registry has it. */
export const Rollout = z.object({
  /** Of this run: starting it once more is another. */
  id: z.string(),
  modelId: z.string(),
  stable: z.string(),
  candidate: z.string(),
  share: Share,
  mirror: Share,
  state: RolloutState,
  maxDisagreement: z.number(),
  maxFailures: z.number(),
  maxLatencyRatio: z.number().nullable(),
  tolerance: z.number(),
  errorRate: z.number(),
  maxPairs: z.number(),
  /** Times are milliseconds since the epoch. */
  startedAt: z.number(),
  expiresAt: z.number(),
  decidedAt: z.number().nullable(),
  reason: z.string().nullable(),
})
export type Rollout = z.infer<typeof Rollout>
