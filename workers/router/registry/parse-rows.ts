import { z } from 'zod'

import { log } from '#shared/log.ts'
import { RegisteredManifest } from '#shared/remote-manifest.ts'
import { deployments as deploymentTable } from '#shared/schema.ts'

import { NodeName } from '../admin/admin-bodies.ts'
import type { MeasurementRow } from '../matching/measured.ts'
import { Rollout } from '../rollout/rollout.ts'
import { Scope } from '../scope.ts'
import {
  versionKey,
  type ApiKey,
  type Deployment,
  type PlacedDeployment,
  type RegisteredModel,
  type RegistryChanges,
} from './snapshot.ts'
import type { Verification } from '../verify/verification.ts'

/** Rows as D1 gives them: JSON as text, since one row that can't be read must not take the others with it. */
export interface StoredRows {
  models: readonly {
    modelId: string
    version: string
    manifest: string
    artefacts: string
    createdAt: number
  }[]
  /**
   * `measured`: the latest of each metric and source as JSON, `[[metric, value, measuredAt, samples, source]]`.
   * `verified`: what came of its examples, `[state, detail, note, checkedAt]`; null where nothing did.
   */
  deployments: readonly (Deployment & { measured: string; verified: string | null })[]
  keys: readonly (Omit<ApiKey, 'scopes'> & { hash: string; scopes: string })[]
  /** `rollouts`: all of the model as JSON. */
  rollouts: readonly { modelId: string; rollouts: string }[]
}

/** An entry of the log: something changed in a row, or the row came or went. */
export interface NotedChange {
  kind: string
  key: string
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
const StoredScopes = json.pipe(z.array(Scope))
/** What the router computes with, or writes into headers; the other columns are text to it. There may be very many. */
const Checked = z.object({
  node: NodeName,
  placement: z.enum(deploymentTable.placement.enumValues),
  transport: z.enum(deploymentTable.transport.enumValues),
  state: z.enum(deploymentTable.state.enumValues),
  weight: z.number(),
  leaseSeconds: z.number().nullable(),
  unreachableSince: z.number().nullable(),
})
const Measured = json.pipe(
  z.array(z.tuple([z.string(), z.unknown(), z.unknown(), z.unknown(), z.unknown()])),
)
const CheckedMeasurement = z.object({
  value: z.number(),
  measuredAt: z.number(),
  samples: z.number().positive().nullable(),
  source: z.enum(['examples', 'reported']),
})
const Verified = json.pipe(
  z
    .tuple([
      z.enum(['pending', 'passed', 'failed', 'unverifiable']),
      z.string().nullable(),
      z.string().nullable(),
      z.number().nullable(),
    ])
    .transform(([state, detail, note, checkedAt]): Verification => ({
      state,
      detail,
      note,
      checkedAt,
    })),
)
const StoredRollouts = json.pipe(z.array(z.unknown()))

/**
 * What the rows say, by their keys; of a noted key that has no row, that it is gone. A row that can't be read is
 * logged and left out: it costs itself, not the mesh.
 */
export function parseChanges(
  rows: StoredRows,
  noted: readonly NotedChange[] = [],
): RegistryChanges {
  const gone = Map.groupBy(noted, ({ kind }) => kind)
  const found = <T>(kind: string, entries: readonly (readonly [string, T | undefined])[]) =>
    new Map<string, T | undefined>([
      ...(gone.get(kind) ?? []).map(({ key }) => [key, undefined] as const),
      ...entries,
    ])
  return {
    models: found(
      'model',
      rows.models.map((row) => [
        versionKey({ id: row.modelId, version: row.version }),
        parseModel(row),
      ]),
    ),
    deployments: found(
      'deployment',
      rows.deployments.map((row) => [row.id, parseDeployment(row)]),
    ),
    keys: found(
      'key',
      rows.keys.map((row) => [row.hash, parseKey(row)]),
    ),
    rollouts: found(
      'rollout',
      rows.rollouts.map((row) => [row.modelId, parseRollouts(row)]),
    ),
  }
}

function parseModel({
  modelId,
  version,
  manifest,
  artefacts,
  createdAt,
}: StoredRows['models'][number]): RegisteredModel | undefined {
  const key = versionKey({ id: modelId, version })
  const own = StoredManifest.safeParse(manifest)
  const files = StoredArtefacts.safeParse(artefacts)
  if (!own.success) return leaveOut('model_versions', key, z.prettifyError(own.error))
  if (!files.success) return leaveOut('model_versions', key, z.prettifyError(files.error))
  const named = versionKey(own.data)
  if (named !== key) return leaveOut('model_versions', key, `its manifest is of ${named}`)
  return { manifest: own.data, artefacts: files.data, createdAt }
}

function parseDeployment({
  measured,
  verified,
  ...deployment
}: StoredRows['deployments'][number]): PlacedDeployment | undefined {
  const { success, error } = Checked.safeParse(deployment)
  if (!success) return leaveOut('deployments', deployment.id, z.prettifyError(error))
  const { id } = deployment
  return {
    deployment,
    measurements: parseMeasured(id, measured),
    verification: verified === null ? undefined : parseVerified(id, verified),
  }
}

function parseMeasured(deploymentId: string, measured: string): MeasurementRow[] {
  // so of most: there may be very many
  if (measured === '[]') return []
  const rows = Measured.parse(measured)
  return rows.flatMap(([metric, value, measuredAt, samples, source]): MeasurementRow[] => {
    const own = CheckedMeasurement.safeParse({ value, measuredAt, samples, source })
    if (!own.success)
      return leaveOut('measurements', deploymentId, z.prettifyError(own.error)) ?? []
    return [{ deploymentId, metric, ...own.data }]
  })
}

/** One that can't be read is as though nobody had run an example. */
function parseVerified(deploymentId: string, verified: string): Verification | undefined {
  const { success, data, error } = Verified.safeParse(verified)
  return success ? data : leaveOut('verifications', deploymentId, z.prettifyError(error))
}

function parseKey({ hash: _, scopes, ...key }: StoredRows['keys'][number]): ApiKey | undefined {
  const own = StoredScopes.safeParse(scopes)
  return own.success
    ? { ...key, scopes: own.data }
    : leaveOut('api_keys', key.id, z.prettifyError(own.error))
}

function parseRollouts({ modelId, rollouts }: StoredRows['rollouts'][number]): Rollout[] {
  const found = StoredRollouts.parse(rollouts).flatMap((row) => {
    const own = Rollout.safeParse(row)
    return own.success
      ? [own.data]
      : (leaveOut('rollouts', modelId, z.prettifyError(own.error)) ?? [])
  })
  // D1 groups them in any order
  return found.toSorted((a, b) => (a.candidate < b.candidate ? -1 : 1))
}

function leaveOut(table: string, key: string, message: string): undefined {
  log.error('registry_row_left_out', { table, key, message })
}
