import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

import { join } from 'node:path'

import { ROOT } from '../paths.ts'
import { giveWay } from './give-way.ts'

const START_TIMEOUT_MS = 30_000

export interface RunningNode {
  url: string
  pid: number
  stop(): Promise<void>
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>
}

/** Starts the native node as a process of its own and waits until it listens. */
export async function runNativeNode(env: Readonly<Record<string, string>>): Promise<RunningNode> {
  const child = spawn(process.execPath, [join(ROOT, 'workers', 'native', 'main.ts')], {
    env: { ...process.env, PORT: '0', STOP_WITH_STDIN: '1', ...env },
    // its standard input ends when this process does, however that comes about
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  if (child.pid !== undefined) giveWay(child.pid)
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const complaints: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => complaints.push(line))

  const url = await new Promise<string>((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`the native node did not start: ${why}`))
    const timer = setTimeout(
      () => fail(`not ready within ${START_TIMEOUT_MS} ms`),
      START_TIMEOUT_MS,
    )
    child.once('exit', () => fail(complaints.join('\n')))
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { event, url: found } = JSON.parse(line) as { event: string; url?: string } // as: our own log line
      if (event !== 'listening' || found === undefined) return
      clearTimeout(timer)
      resolve(found)
    })
  })
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal)
    await exited
  }
  return { url, pid: child.pid ?? 0, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') }
}
