import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * CPU time that a process has used, ms. Linux counts nanoseconds for each thread; elsewhere `ps` has
 * hundredths of a second.
 */
export async function cpuMilliseconds(pid: number): Promise<number> {
  const tasks = await readdir(`/proc/${pid}/task`).catch(() => undefined)
  if (!tasks) return fromPs(pid)
  let nanoseconds = 0
  for (const task of tasks) {
    // a thread may end between the two reads
    const text = await readFile(`/proc/${pid}/task/${task}/schedstat`, 'utf8').catch(() => '0')
    nanoseconds += Number(text.split(' ')[0])
  }
  return nanoseconds / 1e6
}

async function fromPs(pid: number): Promise<number> {
  const { stdout } = await run('ps', ['-o', 'time=', '-p', String(pid)])
  const parts = stdout.trim().split(':').map(Number)
  return parts.reduce((total, part) => total * 60 + part, 0) * 1000
}
