import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { isAbsolute, join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'
import { unstable_readConfig as readConfig, type Unstable_Config as Config } from 'wrangler'

import { ROOT } from '../paths.ts'
import { writeUnlimitedRouter } from './write-unlimited-router.ts'

let dir: string
let own: Config
let written: Config

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'capillary-unlimited-'))
  own = readConfig({ config: join(ROOT, 'wrangler.toml') })
  written = readConfig({ config: await writeUnlimitedRouter(dir) })
})
afterAll(() => rm(dir, { recursive: true, force: true }))

test('the router of a load has no limiter, which the one that is deployed has', () => {
  expect(own.ratelimits).toHaveLength(1)
  expect(written.ratelimits).toEqual([])
})

test('its code is that of the repository, wherever its configuration lies', () => {
  expect(written.main).toBe(own.main)
  expect(isAbsolute(String(written.main)) && existsSync(String(written.main))).toBe(true)
})

test('its registry is the one that is migrated', () => {
  const databases = ({ d1_databases: all }: Config) =>
    all.map(({ binding, database_id: id }) => ({ binding, id }))
  expect(databases(own)).toHaveLength(1)
  expect(databases(written)).toEqual(databases(own))
})

test.each(['name', 'compatibility_date', 'compatibility_flags', 'services', 'vars', 'triggers'])(
  'its %s is that of the repository',
  (field) => {
    expect(own).toHaveProperty(field)
    expect(written).toHaveProperty(field, Reflect.get(own, field))
  },
)
