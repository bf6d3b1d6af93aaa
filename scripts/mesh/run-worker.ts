import { execFile } from 'node:child_process'
import { createServer } from 'node:net'
import { promisify } from 'node:util'

import { unstable_DevEnv as DevEnv } from 'wrangler'
import { z } from 'zod'

import { withinDeadline } from '#shared/deadline.ts'
import { MeshError } from '#shared/mesh-error.ts'

const run = promisify(execFile)

/** Bundling and starting take well under a second here; a build that failed answers never. */
const START_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 10_000

/**
 * workerd frees what a request leaves behind, each header on its own, in the pause after a collection; with V8's usual
 * sizes that is of thousands of requests at once, and all others wait a tenth of a second. Small heaps are collected
 * more often and each time shortly (docs/decisions/0013-what-a-request-leaves-behind.md). On Cloudflare nobody chooses these.
 */
const V8_FLAGS = '--max-semi-space-size=1 --heap-growing-percent=10'

/** Of what wrangler tells when a Worker runs: where its proxy finds it. */
const Reloaded = z.object({
  proxyData: z.object({
    userWorkerUrl: z.object({ protocol: z.string(), hostname: z.string(), port: z.string() }),
  }),
})

export interface RunWorkerOptions {
  configPath: string
  /** 0 picks a free one. */
  port: number
  /** A path that answers 200 once the Worker runs. */
  readyPath: string
  /** Where Workers of one mesh find each other: a service binding to a Worker in another process goes by it. */
  registryDir: string
  /** D1 and other state; none is kept without it. */
  stateDir?: string
  vars?: Readonly<Record<string, string>>
  /** Of one try, by default 60 s. */
  startTimeoutMs?: number
}

export interface RunningWorker {
  /** Of wrangler's proxy, a process in front of the Worker's, which keeps its port while that is replaced. */
  url: string
  /** Of the Worker's own process, while it lasts. Cloudflare has no such proxy, so what is measured is asked here. */
  directUrl: string
  /** Process of the Worker's own workerd; it is replaced when that crashes. */
  pid: number
  /** Fires its cron trigger, which only Cloudflare does by itself. */
  fireCron(): Promise<void>
  stop(): Promise<void>
}

/**
 * Bundles a Worker as `wrangler deploy` does and runs it in a workerd process of its own, on loopback.
 * A start that hangs is given up and made once more: wrangler has no time limit of its own, and once
 * waited for more than an hour.
 */
export async function runWorker(options: RunWorkerOptions): Promise<RunningWorker> {
  try {
    return await startOnce(options)
  } catch (err) {
    if (!isLate(err)) throw err
    console.warn(`${err.message}: trying once more`)
    return startOnce(options)
  }
}

async function startOnce(options: RunWorkerOptions): Promise<RunningWorker> {
  // at its default level wrangler reports, at every start, that it can't look up where on earth this is
  process.env.WRANGLER_LOG ??= 'error'
  // wrangler's own traces of local Workers: nobody reads them here, and each request writes its spans into SQLite
  process.env.X_LOCAL_OBSERVABILITY ??= 'false'
  process.env.MINIFLARE_WORKERD_V8_FLAGS ??= V8_FLAGS
  const port = options.port === 0 ? await freePort() : options.port
  const before = new Set((await workerdProcesses()).map(({ pid }) => pid))
  const startedSince = async () => (await workerdProcesses()).filter(({ pid }) => !before.has(pid))
  let own: WorkerdProcess[] | undefined
  const who = `the Worker of ${options.configPath}`

  const dev = new DevEnv()
  let reloaded: unknown
  dev.once('reloadComplete', (event: unknown) => (reloaded = event))
  const starting = dev.startWorker({
    config: options.configPath,
    bindings: Object.fromEntries(
      Object.entries(options.vars ?? {}).map(([name, value]) => [
        name,
        { type: 'plain_text', value },
      ]),
    ),
    dev: {
      server: { hostname: '127.0.0.1', port },
      registry: options.registryDir,
      persist: options.stateDir ?? false,
      inspector: false,
      watch: false,
      logLevel: 'error',
    },
  })
  const stop = async () => {
    const stopped = starting.then(
      (worker) => worker.dispose(),
      () => {},
    )
    try {
      await withinDeadline(() => stopped, STOP_TIMEOUT_MS, who)
    } catch (err) {
      if (!isLate(err)) throw err
      const ours = own?.map(({ pid }) => pid)
      const left = (await startedSince()).filter(({ pid }) => ours?.includes(pid) ?? true)
      for (const { pid } of left) process.kill(pid, 'SIGKILL')
    }
  }
  const url = `http://127.0.0.1:${port}`
  const timeout = options.startTimeoutMs ?? START_TIMEOUT_MS
  let directUrl: string
  try {
    directUrl = await withinDeadline(
      async (expiresAt) => {
        const worker = await starting
        await worker.ready
        await waitUntilAnswering(`${url}${options.readyPath}`, expiresAt)
        const { userWorkerUrl } = Reloaded.parse(reloaded).proxyData
        return `${userWorkerUrl.protocol}//${userWorkerUrl.hostname}:${userWorkerUrl.port}`
      },
      timeout,
      who,
    )
  } catch (err) {
    await stop()
    if (isLate(err)) throw err
    throw new Error(`${who} did not start; its log above says why`, { cause: err })
  }
  own = await startedSince()
  // wrangler puts a proxy of its own in front, which is the one that has our port
  const behind = own.find(({ args }) => !args.includes(`127.0.0.1:${port}`))
  const fireCron = async () => {
    // `scheduled` of wrangler's own Worker object looks for it in the proxy: "worker not found"
    const response = await fetch(`${url}/cdn-cgi/local/scheduled`)
    if (!response.ok) throw new Error(`${who} answered ${response.status} to its cron trigger`)
  }
  return { url, directUrl, pid: behind?.pid ?? process.pid, fireCron, stop }
}

function isLate(err: unknown): err is MeshError {
  return err instanceof MeshError && err.code === 'deadline_exceeded'
}

/** wrangler reports its proxy ready even when the Worker behind it failed to build, so ask the Worker itself. */
async function waitUntilAnswering(url: string, expiresAt: number): Promise<void> {
  const response = await fetch(url, {
    // never first: what is late is told in one way
    signal: AbortSignal.timeout(Math.max(expiresAt - Date.now(), 0) + 1_000),
  })
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`)
}

/** Throws a sentence for the person when something listens on the port already. */
export async function requireFreePort(port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const probe = createServer()
    probe.once('error', () =>
      reject(new Error(`port ${port} is taken: stop what uses it, or choose another with --port`)),
    )
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve()))
  })
}

/** A port on loopback that nothing listens on now. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      const port = typeof address === 'object' && address ? address.port : 0
      probe.close(() => resolve(port))
    })
  })
}

interface WorkerdProcess {
  pid: number
  args: string
}

async function workerdProcesses(): Promise<WorkerdProcess[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=,args='], {
    maxBuffer: 16 * 1024 * 1024,
  })
  return stdout.split('\n').flatMap((line) => {
    const [, pid, parent, args] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? []
    return Number(parent) === process.pid && args?.includes('workerd')
      ? [{ pid: Number(pid), args }]
      : []
  })
}
