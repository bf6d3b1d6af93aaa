import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'
import { z } from 'zod'

import { createMetrics } from '../workers/native/metrics.ts'
import { WorkQueue } from '../workers/native/work-queue.ts'
import { createIsolateState } from '../workers/router/isolate-state.ts'

const Dashboard = z.looseObject({
  panels: z.array(
    z.looseObject({
      id: z.int(),
      title: z.string(),
      targets: z.array(z.looseObject({ expr: z.string() })).min(1),
    }),
  ),
})
const PATH = join(import.meta.dirname, '..', 'docs', 'dashboards', 'grafana.json')
const { panels } = Dashboard.parse(JSON.parse(readFileSync(PATH, 'utf8')))
const exprs = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))

/** Names as queries have them: a histogram is three. */
async function exported(): Promise<Set<string>> {
  const router = createIsolateState().observer.metrics.all
  const node = createMetrics(new WorkQueue({ concurrency: 1, capacity: 1 }))
  const own = await node.registry.getMetricsAsJSON()
  return new Set(
    [...router, ...own].flatMap(({ name, type }) =>
      String(type) === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  )
}

test('every metric of the dashboard is exported by a router or a native node', async () => {
  const known = await exported()
  const named = exprs.flatMap((expr) => expr.match(/\bmesh_\w+/g) ?? [])
  expect(named.length).toBeGreaterThan(15)
  expect(named.filter((name) => !known.has(name))).toEqual([])
})

test('every metric of the router is on the dashboard, but the version of its registry', () => {
  const all = createIsolateState().observer.metrics.all.map(({ name }) => name)
  const missing = all.filter((name) => !exprs.some((expr) => expr.includes(name)))
  expect(missing).toEqual(['mesh_registry_version'])
})

test('no two panels have the same id', () => {
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
})
