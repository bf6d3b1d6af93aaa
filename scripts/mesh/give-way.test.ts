import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { constants, getPriority } from 'node:os'

import { expect, test } from 'vitest'

import { giveWay } from './give-way.ts'

test('all threads of a process come after those of normal priority', async () => {
  const child = spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => {}, 1000)'])
  try {
    await once(child.stdout, 'data')
    giveWay(child.pid ?? 0)
    const threads = `/proc/${child.pid}/task`
    const ids = existsSync(threads) ? readdirSync(threads).map(Number) : [child.pid ?? 0]
    const priorities = new Set(ids.map((id) => getPriority(id)))
    expect(priorities).toEqual(new Set([constants.priority.PRIORITY_BELOW_NORMAL]))
  } finally {
    child.kill()
  }
})

test('a process that is gone is in nobody’s way', async () => {
  const child = spawn(process.execPath, ['-e', ''])
  await once(child, 'exit')
  expect(() => giveWay(child.pid ?? 0)).not.toThrow()
})

test('this process keeps its priority', () => {
  const before = getPriority()
  giveWay(process.pid)
  expect(getPriority()).toBe(before)
})
