import { describe, expect, test } from 'vitest'

import { WaitingLine, type Priority, type WaitOptions } from './waiting-line.ts'

const options = (overrides: Partial<WaitOptions> = {}): WaitOptions => ({
  priority: 'normal',
  timeLeftMs: 10_000,
  answerMs: 5,
  atOnce: 4,
  ...overrides,
})

/** Names those who were let in, in order, as they are. */
function lineUp(line: WaitingLine, ...priorities: Priority[]) {
  const served: number[] = []
  const refused: number[] = []
  const all = priorities.map((priority, i) =>
    line.wait(options({ priority })).then(
      () => served.push(i),
      () => refused.push(i),
    ),
  )
  return { served, refused, all }
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 0))

describe('a line of those who wait', () => {
  test('lets the first in first, and normal priority before low', async () => {
    const line = new WaitingLine()
    const { served } = lineUp(line, 'low', 'normal', 'normal', 'low')
    for (let i = 0; i < 4; i++) {
      line.wake(Date.now())
      await turn()
    }
    expect(served).toEqual([1, 2, 0, 3])
    expect(line.length).toBe(0)
  })

  test('refuses at once who would not be served in time, and tells when to come again', async () => {
    const line = new WaitingLine()
    lineUp(line, ...Array.from({ length: 100 }, () => 'normal' as const))
    const late = line.wait(options({ timeLeftMs: 100, answerMs: 4_000 }))
    await expect(late).rejects.toMatchObject({ code: 'shed', retryAfter: 101 })
    expect(line.length).toBe(100)
  })

  test('does not count who has a lower priority as ahead', async () => {
    const line = new WaitingLine()
    lineUp(line, ...Array.from({ length: 200 }, () => 'low' as const))
    const normal = line.wait(options({ timeLeftMs: 20 }))
    line.wake(Date.now())
    await expect(normal).resolves.toBeUndefined()
    await expect(line.wait(options({ priority: 'low', timeLeftMs: 20 }))).rejects.toMatchObject({
      code: 'shed',
    })
  })

  test('refuses who has waited until it is too late to be answered', async () => {
    const line = new WaitingLine()
    const started = performance.now()
    await expect(line.wait(options({ timeLeftMs: 60, answerMs: 10 }))).rejects.toMatchObject({
      code: 'shed',
    })
    expect(performance.now() - started).toBeGreaterThan(40)
    expect(line.length).toBe(0)
  })

  test('is bounded: low priority makes room for normal, and nobody for low', async () => {
    const line = new WaitingLine()
    const { refused } = lineUp(
      line,
      ...Array.from({ length: 256 }, (_, i) => (i === 100 || i === 200 ? 'low' : 'normal')),
    )
    await expect(line.wait(options({ priority: 'low' }))).rejects.toMatchObject({ code: 'shed' })
    lineUp(line, 'normal')
    await turn()
    expect([refused, line.length]).toEqual([[200], 256])
    lineUp(line, 'normal')
    await expect(line.wait(options())).rejects.toMatchObject({ code: 'shed' })
  })
})
