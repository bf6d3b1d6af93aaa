import { z } from 'zod'

import { log } from '#shared/log.ts'
import { RegisteredManifest } from '#shared/remote-manifest.ts'

import type { MeasurementRow } from './matching/measured.ts'
import type { ApiKey, Deployment, RegisteredModel, RegistryRows } from './snapshot.ts'
import type { CardPolicy } from './verify/card-policy.ts'
import type { VerificationRow } from './verify/verification.ts'

/** The tables as D1 gives them: JSON as text, since one row that can't be read must not take the others with it. */
export interface StoredRows {
  version: number
  models: readonly { manifest: string; artefacts: string; createdAt: number; key: string }[]
  deployments: readonly Deployment[]
  keys: readonly (Omit<ApiKey, 'scopes'> & { hash: string; scopes: string })[]
  measurements: readonly MeasurementRow[]
  verifications: readonly VerificationRow[]
  policy: CardPolicy
}

const json = z.string().transform((text, ctx): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    ctx.addIssue({ code: 'custom', message: 'is no JSON' })
    return z.NEVER
  }
})
const StoredManifest = json.pipe(RegisteredManifest)
const StoredArtefacts = json.pipe(z.record(z.string(), z.string()))
const StoredScopes = json.pipe(z.array(z.enum(['infer', 'admin'])))
/** What the router computes with; the other columns are text to it. There may be very many. */
const Checked = z.object({
  placement: z.enum(['edge', 'native']),
  transport: z.enum(['binding', 'http', 'oip']),
  state: z.enum(['ready', 'draining', 'disabled']),
  weight: z.number(),
})
const CheckedMeasurement = z.object({
  value: z.number(),
  measuredAt: z.number(),
  samples: z.number().positive().nullable(),
  source: z.enum(['examples', 'reported']),
})
const CheckedVerification = z.object({
  state: z.enum(['pending', 'passed', 'failed', 'unverifiable']),
  checkedAt: z.number().nullable(),
})

/** What of the stored rows can be read. What can't is logged and left out: it costs itself, not the mesh. */
export function parseRows(stored: StoredRows): RegistryRows {
  return {
    version: stored.version,
    models: stored.models.flatMap(({ manifest, artefacts, createdAt, key }): RegisteredModel[] => {
      const own = StoredManifest.safeParse(manifest)
      const files = StoredArtefacts.safeParse(artefacts)
      if (!own.success) return leaveOut('model_versions', key, own.error)
      if (!files.success) return leaveOut('model_versions', key, files.error)
      return [{ manifest: own.data, artefacts: files.data, createdAt }]
    }),
    deployments: stored.deployments.filter((row) => isSound(Checked, row, 'deployments', row.id)),
    keys: stored.keys.flatMap(({ scopes, ...key }) => {
      const own = StoredScopes.safeParse(scopes)
      return own.success ? [{ ...key, scopes: own.data }] : leaveOut('api_keys', key.id, own.error)
    }),
    measurements: stored.measurements.filter((row) =>
      isSound(CheckedMeasurement, row, 'measurements', row.deploymentId),
    ),
    verifications: stored.verifications.filter((row) =>
      isSound(CheckedVerification, row, 'verifications', row.deploymentId),
    ),
    policy: stored.policy,
  }
}

function isSound(schema: z.ZodType, row: unknown, table: string, key: string): boolean {
  const { success, error } = schema.safeParse(row)
  if (!success) leaveOut(table, key, error)
  return success
}

function leaveOut(table: string, key: string, error: z.ZodError): [] {
  log.error('registry_row_left_out', { table, key, message: z.prettifyError(error) })
  return []
}
