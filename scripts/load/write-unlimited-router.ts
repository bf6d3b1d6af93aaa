import { writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'

import { experimental_readRawConfig as readRawConfig } from 'wrangler'

import { ROOT } from '../paths.ts'

/**
 * Writes the router's wrangler.toml into `dir` without its rate limiter. Cloudflare counts requests in the memory of the
 * machine that serves them; wrangler asks a Durable Object in the router's own process, which writes each into SQLite:
 * that would be measured, and what it leaves behind (docs/decisions/0013-what-a-request-leaves-behind.md).
 *
 * @returns the path of what was written
 */
export async function writeUnlimitedRouter(dir: string): Promise<string> {
  const { rawConfig, configPath } = readRawConfig({ config: join(ROOT, 'wrangler.toml') })
  if (configPath === undefined || rawConfig.main === undefined) {
    throw new Error('wrangler.toml lacks `main`, the router’s entry file')
  }
  const { ratelimits: _, ...config } = rawConfig
  const path = join(dir, 'wrangler.json')
  // paths in it are of its own folder; the only other one, of migrations, isn't read by a Worker that runs
  const main = resolve(dirname(configPath), rawConfig.main)
  await writeFile(path, JSON.stringify({ ...config, main }))
  return path
}
