/** Every address that /openapi.json has, with made-up requests: no 500, and no answer that the document doesn't have. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, inject, test } from 'vitest'
import { z } from 'zod'

import { pythonVenv } from '../../scripts/clients/python-venv.ts'
import { runSchemathesis } from '../../scripts/clients/run-schemathesis.ts'
import { migrate } from '../../scripts/mesh/migrate.ts'
import { runWorker } from '../../scripts/mesh/run-worker.ts'
import { ROOT } from '../../scripts/paths.ts'

const TIMEOUT_MS = 300_000
const ADMIN = 'admin'

const Operation = z.object({ tags: z.array(z.string()).length(1) })
const Paths = z.record(z.string(), z.record(z.string(), z.unknown()))

const mesh = inject('mesh')
const venv = await pythonVenv()
const tags = await tagsOf(mesh.url)

/** The tags of the mesh's own document, so that none is forgotten here. */
async function tagsOf(url: string): Promise<string[]> {
  const { paths } = z
    .object({ paths: Paths })
    .parse(await (await fetch(`${url}/openapi.json`)).json())
  const operations = Object.values(paths).flatMap(({ parameters: _, ...methods }) =>
    Object.values(methods),
  )
  return [...new Set(operations.flatMap((operation) => Operation.parse(operation).tags))]
}

if ('reason' in venv) {
  test('schemathesis', (context) => context.skip(venv.reason))
} else {
  describe('answers whatever is asked as /openapi.json says:', () => {
    // a key that infers is refused by all of those: they have a run of their own
    test.each(tags.filter((tag) => tag !== ADMIN))(
      '%s',
      async (tag) => {
        const { conforms, report } = await runSchemathesis(venv, {
          url: mesh.url,
          key: mesh.inferKey,
          tag,
        })
        if (!conforms) expect.fail(report)
      },
      TIMEOUT_MS,
    )

    test(
      `${ADMIN}, by a key that may, on a registry of its own`,
      async () => {
        const dir = await mkdtemp(join(tmpdir(), 'capillary-admin-'))
        const stateDir = join(dir, 'state')
        const key = `cap_${'a'.repeat(43)}`
        await migrate(stateDir)
        const router = await runWorker({
          configPath: join(ROOT, 'wrangler.toml'),
          port: 0,
          readyPath: '/health',
          registryDir: join(dir, 'workers'),
          stateDir,
          // the addresses it makes up are nobody's
          vars: { ADMIN_KEY: key, VERIFICATION: 'off' },
        })
        try {
          const target = { url: router.url, key, tag: ADMIN }
          const { conforms, report } = await runSchemathesis(venv, target)
          if (!conforms) expect.fail(report)
        } finally {
          await router.stop()
          await rm(dir, { recursive: true, force: true })
        }
      },
      TIMEOUT_MS,
    )
  })
}
