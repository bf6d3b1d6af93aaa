import { spawn } from 'node:child_process'
import { join } from 'node:path'

import type { PythonVenv } from '../../../scripts/clients/python-venv.ts'
import { freePort } from '../../../scripts/mesh/run-worker.ts'

const START_TIMEOUT_MS = 60_000
const POLL_MS = 250

export interface MlServer {
  url: string
  stop(): Promise<void>
}

/** Starts MLServer with the model beside this file and waits until it is ready. */
export async function startMlServer({ bin }: PythonVenv): Promise<MlServer> {
  const [http, grpc, metrics] = [await freePort(), await freePort(), await freePort()]
  const child = spawn(join(bin, 'mlserver'), ['start', import.meta.dirname], {
    env: {
      ...process.env,
      PYTHONPATH: join(import.meta.dirname, 'doubler'),
      PYTHONDONTWRITEBYTECODE: '1',
      MLSERVER_HOST: '127.0.0.1',
      MLSERVER_HTTP_PORT: String(http),
      MLSERVER_GRPC_PORT: String(grpc),
      MLSERVER_METRICS_PORT: String(metrics),
      // in this one process: a pool of workers takes longer to start than the tests take
      MLSERVER_PARALLEL_WORKERS: '0',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output: string[] = []
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => output.push(chunk.toString()))
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const url = `http://127.0.0.1:${http}`
  const giveUpAt = Date.now() + START_TIMEOUT_MS
  while (!(await isReady(url))) {
    if (child.exitCode !== null || Date.now() > giveUpAt) {
      child.kill('SIGKILL')
      throw new Error(`MLServer did not start:\n${output.join('')}`)
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
  return {
    url,
    async stop() {
      child.kill('SIGTERM')
      await exited
    },
  }
}

async function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/v2/models/doubler/ready`).then(
    ({ ok }) => ok,
    () => false,
  )
}
