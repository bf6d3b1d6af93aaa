import { spawn, type ChildProcess } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'

import { z } from 'zod'

import type { WorkerBundle } from './bundle-worker.ts'
import { cpuMilliseconds } from './cpu-milliseconds.ts'

const START_TIMEOUT_MS = 30_000
/** Of what workerd complains of, as much as a message can show. */
const MAX_LOG_CHARS = 4_000
/** As in every Worker's wrangler.toml. */
const COMPATIBILITY_DATE = '2026-07-15'

const ControlMessage = z.object({ event: z.literal('listen'), port: z.int() })

export interface Workerd {
  url: string
  pid: number
  /** CPU that the process has used so far; ms. */
  cpuMs(): Promise<number>
  stop(): Promise<void>
}

/** Starts a fresh workerd with one Worker and nothing else, and resolves when it listens. */
export async function startWorkerd(bundle: WorkerBundle, dir: string): Promise<Workerd> {
  const config = join(dir, 'workerd.capnp')
  await writeFile(config, configText(bundle))
  const child = spawn(
    workerdBinary(),
    ['serve', config, '--experimental', '--socket-addr', 'http=127.0.0.1:0', '--control-fd=3'],
    { stdio: ['ignore', 'ignore', 'pipe', 'pipe'], cwd: dir },
  )
  try {
    const port = await listeningPort(child)
    const { pid } = child
    if (pid === undefined) throw new Error('workerd has no process')
    return {
      url: `http://127.0.0.1:${port}`,
      pid,
      cpuMs: () => cpuMilliseconds(pid),
      stop: () => stopped(child),
    }
  } catch (err) {
    await stopped(child)
    throw err
  }
}

/** The package's own `bin` is a script around the binary: that would be one process more. */
function workerdBinary(): string {
  const require = createRequire(import.meta.url)
  return z.object({ default: z.string() }).parse(require('workerd')).default
}

function configText({ modules }: WorkerBundle): string {
  const lines = modules.map(
    ({ name, type, path }) =>
      `    (name = ${JSON.stringify(name)}, ${type} = embed ${JSON.stringify(basename(path))}),`,
  )
  return [
    'using Workerd = import "/workerd/workerd.capnp";',
    'const config :Workerd.Config = (',
    '  services = [(name = "main", worker = .model)],',
    '  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],',
    ');',
    'const model :Workerd.Worker = (',
    '  modules = [',
    ...lines,
    '  ],',
    `  compatibilityDate = "${COMPATIBILITY_DATE}",`,
    ');',
    '',
  ].join('\n')
}

/** workerd tells on descriptor 3 which port it was given. */
function listeningPort(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let log = ''
    const timer = setTimeout(
      () => reject(new Error(`workerd did not listen within ${START_TIMEOUT_MS / 1000} s: ${log}`)),
      START_TIMEOUT_MS,
    )
    child.stderr?.on('data', (chunk: Buffer) => {
      log = (log + String(chunk)).slice(0, MAX_LOG_CHARS)
    })
    child.once('exit', (code) => {
      clearTimeout(timer)
      reject(new Error(`workerd ended with ${code}: ${log}`))
    })
    child.once('error', reject)
    let rest = ''
    child.stdio[3]?.on('data', (chunk: Buffer) => {
      const lines = (rest + String(chunk)).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines.filter(Boolean)) {
        const message = ControlMessage.safeParse(JSON.parse(line))
        if (!message.success) continue
        clearTimeout(timer)
        resolve(message.data.port)
      }
    })
  })
}

function stopped(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.removeAllListeners('exit')
    child.once('exit', () => resolve())
    child.kill('SIGKILL')
  })
}
