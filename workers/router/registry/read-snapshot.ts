import { applyChanges } from './apply-changes.ts'
import { parseChanges, type NotedChange, type StoredRows } from './parse-rows.ts'
import { BEFORE_FIRST, PAGE_ROWS, type Cursors } from './registry-tables.ts'
import { EMPTY_SNAPSHOT, type LogPosition, type Snapshot } from './snapshot.ts'
import { DEFAULT_CARD_POLICY, type CardPolicy } from '../verify/card-policy.ts'

/** The registry's tables, and the log of what changed in them. */
export interface RowSource {
  /** Where the log ends. */
  readPosition(): Promise<LogPosition>
  /** The next rows of each table that has more, in the order of their keys; fewer than `PAGE_ROWS` when they are the last. */
  readPage(after: Cursors): Promise<StoredRows>
  /** What changed since then; undefined when the log doesn't have that entry any more, or has another one. */
  readChanges(since: LogPosition): Promise<LoggedChanges | undefined>
}

export interface LoggedChanges {
  version: number
  position: LogPosition
  /** Whether there is nothing more in the log. */
  isLast: boolean
  noted: readonly NotedChange[]
  /** What is stored under the noted keys, as of this very read. */
  rows: StoredRows
}

/** Rows that are parsed and arranged at a time: a few milliseconds. By count, since no clock runs meanwhile on Cloudflare. */
const SLICE_ROWS = 500
/** While all is read, the log may lose the entry it began with. */
const MAX_TRIES = 3

/**
 * The snapshot of what is stored: `known` with what changed since, or where there is no log of that, all of it
 * read page by page. Between slices of the work other requests of the isolate run.
 */
export async function readSnapshot(
  source: RowSource,
  known?: Snapshot,
  policy: CardPolicy = DEFAULT_CARD_POLICY,
): Promise<Snapshot> {
  let from = known
  for (let tries = 0; tries <= MAX_TRIES; tries++) {
    const current = from?.position && (await followLog(source, from, from.position))
    if (current) return current
    from = await readAll(source, policy)
  }
  throw new Error(`the registry changed faster than it could be read, ${MAX_TRIES} times`)
}

/** Undefined where the log doesn't have `position` any more. */
async function followLog(
  source: RowSource,
  known: Snapshot,
  position: LogPosition,
): Promise<Snapshot | undefined> {
  const logged = await source.readChanges(position)
  if (!logged) return undefined
  const changes = parseChanges(logged.rows, logged.noted)
  const snapshot: Snapshot = {
    ...applyChanges(known, changes),
    version: logged.version,
    position: logged.position,
  }
  return logged.isLast ? snapshot : followLog(source, snapshot, logged.position)
}

/** Every row, each as it was at some moment since `position`: what the log has from there on brings them to one. */
async function readAll(source: RowSource, policy: CardPolicy): Promise<Snapshot> {
  let snapshot: Snapshot = { ...EMPTY_SNAPSHOT, policy, position: await source.readPosition() }
  let after: Cursors | undefined = BEFORE_FIRST
  while (after) {
    const rows = await source.readPage(after)
    for (const [i, slice] of slicesOf(rows).entries()) {
      if (i > 0) await new Promise((resolve) => setTimeout(resolve))
      snapshot = applyChanges(snapshot, parseChanges(slice))
    }
    after = nextCursors(rows)
  }
  return snapshot
}

function slicesOf({ models, deployments, keys, rollouts }: StoredRows): StoredRows[] {
  const count = Math.ceil(Math.max(1, deployments.length, keys.length) / SLICE_ROWS)
  return Array.from({ length: count }, (_, i) => {
    const [from, to] = [i * SLICE_ROWS, (i + 1) * SLICE_ROWS]
    return {
      models: i === 0 ? models : [],
      deployments: deployments.slice(from, to),
      keys: keys.slice(from, to),
      rollouts: i === 0 ? rollouts : [],
    }
  })
}

function nextCursors({ models, deployments, keys, rollouts }: StoredRows): Cursors | undefined {
  const next: Cursors = {
    models: models.length < PAGE_ROWS.models ? undefined : models.at(-1),
    deployments: deployments.length < PAGE_ROWS.deployments ? undefined : deployments.at(-1),
    keys: keys.length < PAGE_ROWS.keys ? undefined : keys.at(-1),
    rollouts: rollouts.length < PAGE_ROWS.rollouts ? undefined : rollouts.at(-1),
  }
  return Object.values(next).some(Boolean) ? next : undefined
}
