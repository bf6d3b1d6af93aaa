/**
 * Whether the time that a refused key takes tells anything of the keys there are: a key that shares all but its
 * last character with a known one, against one that shares none. `npm run bench:keys`
 */
import { randomBytes } from 'node:crypto'

import { createIsolateState } from '../../workers/router/isolate-state.ts'
import { createRouter } from '../../workers/router/create-router.ts'
import { hashKey } from '../../workers/router/authenticate.ts'
import { Registry } from '../../workers/router/registry/registry.ts'
import { compileSnapshot, EMPTY_ROWS } from '../../workers/router/registry/snapshot.ts'

const ROUNDS = 20_000
const WARM_UP = 1_000
const KEYS = 1_000

const newKey = () => `cap_${randomBytes(32).toString('base64url')}`
const known = Array.from({ length: KEYS }, newKey)
const keys = await Promise.all(
  known.map(async (key, i) => ({
    id: String(i),
    hash: await hashKey(key),
    scopes: ['infer' as const],
    expiresAt: null,
    revokedAt: null,
  })),
)
// its time stands still, so that it is never looked at again
const registry = new Registry(() => 0)
const state = { ...createIsolateState(), registry }
await registry.latest({
  readVersion: async () => 1,
  readLeases: async () => [],
  readSnapshot: async () => compileSnapshot({ ...EMPTY_ROWS, version: 1, keys }),
})
const app = createRouter(state)
const context = {
  waitUntil: () => undefined,
  passThroughOnException: () => undefined,
  props: {},
}

async function timeOf(key: string): Promise<number> {
  const began = performance.now()
  const headers = { authorization: `Bearer ${key}` }
  const { status } = await app.request(
    '/capabilities',
    { headers },
    { ADMIN_KEY: known[0] },
    context,
  )
  if (status !== 401) throw new Error(`a key that nobody has was answered ${status}`)
  return (performance.now() - began) * 1_000
}

const near = (key: string) => key.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))
const candidates = {
  'all but one character of ADMIN_KEY': () => near(known[0] ?? ''),
  'all but one character of a known key': () => near(known[Math.floor(Math.random() * KEYS)] ?? ''),
  // made the same way: strings of another kind take another time to read
  'no more than chance': () => near(newKey()),
}
const times = Object.entries(candidates).map(([what, keyOf]) => ({
  what,
  keyOf,
  all: [] as number[],
}))
for (let i = 0; i < ROUNDS + WARM_UP; i++) {
  // in turn, and another first each time, so that what else the machine does falls on all of them
  for (let turn = 0; turn < times.length; turn++) {
    const one = times[(i + turn) % times.length]
    if (!one) continue
    const micros = await timeOf(one.keyOf())
    if (i >= WARM_UP) one.all.push(micros)
  }
}

const quantile = (sorted: readonly number[], q: number) =>
  sorted[Math.floor(sorted.length * q)] ?? 0
console.log(`time to refuse a key, ${ROUNDS} rounds, ${KEYS} keys known, in µs`)
console.log('| it shares with a key that is known | p25 | p50 | p75 |')
console.log('| --- | ---: | ---: | ---: |')
for (const { what, all } of times) {
  const sorted = all.toSorted((a, b) => a - b)
  const cells = [0.25, 0.5, 0.75].map((q) => quantile(sorted, q).toFixed(1))
  console.log(`| ${what} | ${cells.join(' | ')} |`)
}
