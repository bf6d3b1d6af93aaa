import { expect, test } from 'vitest'

import { runInThread } from './run-in-thread.ts'

test('a load that cannot begin says why', async () => {
  const task = { url: 'http://127.0.0.1:9', ids: ['no-such-model'], keys: ['k'] }
  const load = { rate: 1, seconds: 1 }
  await expect(runInThread({ ...task, load })).rejects.toThrow('no-such-model')
})

test('a load that nobody answers is lost, and told', async () => {
  const task = { url: 'http://127.0.0.1:9', ids: ['sensor-anomaly'], keys: ['k'] }
  const load = { rate: 10, seconds: 1 }
  expect(await runInThread({ ...task, load })).toMatchObject({
    sent: 10,
    lost: 10,
    reasons: { 'no answer': 10 },
  })
})
