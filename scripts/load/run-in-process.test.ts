import { expect, test } from 'vitest'

import { runInProcess } from './run-in-process.ts'

const task = { url: 'http://127.0.0.1:9', ids: ['sensor-anomaly'], keys: ['k'] }

test('a load that cannot begin says why', async () => {
  const load = { rate: 1, seconds: 1 }
  await expect(runInProcess({ ...task, ids: ['no-such-model'], load })).rejects.toThrow(
    'no-such-model',
  )
})

test('a load that nobody answers is lost, and told', async () => {
  const load = { rate: 10, seconds: 1 }
  expect(await runInProcess({ ...task, load })).toMatchObject({
    sent: 10,
    lost: 10,
    reasons: { 'no answer': 10 },
  })
})

/** autocannon had no latencies to tell in a thread. */
test('callers who wait for their answers are told of as well', async () => {
  const load = { connections: 2, seconds: 1 }
  const result = await runInProcess({ ...task, load })
  expect(result.lost).toBeGreaterThan(0)
  expect(result).toMatchObject({ right: 0, p50: 0, p99: 0 })
})
