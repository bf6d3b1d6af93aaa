import { availableParallelism } from 'node:os'

import { defineConfig } from 'vitest/config'

/** Of test/, what starts no mesh and changes nothing that others read. */
const ALONE =
  'test/{security/*,cut-parity,dashboard,eval,inflate-memory,observe,repo,run-worker,shared-promises,trace}.test.ts'

/** Against hanging only: many start real processes, and the machine may be small and busy. */
const LIMITS = { testTimeout: 60_000, hookTimeout: 120_000 }

/** Tests that start real processes: one file after the other on a small machine. */
const withMesh = {
  globalSetup: ['test/build-artefacts.ts', 'test/shared-mesh.ts'],
  fileParallelism: false,
  ...LIMITS,
}

export default defineConfig({
  test: {
    reporters: ['default', './test/count-reporter.ts', './test/recovery-reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{shared,workers,scripts,client}/**/*.test.ts', ALONE],
          globalSetup: ['test/build-artefacts.ts'],
          // by default one less, which on two cores is one
          maxWorkers: availableParallelism(),
          ...LIMITS,
        },
      },
      {
        test: {
          name: 'mesh',
          include: ['test/**/*.test.ts'],
          exclude: [ALONE, 'test/clients/**', 'test/faults/**'],
          ...withMesh,
        },
      },
      {
        // requests stream in while parts of the mesh fail; each file starts what it breaks: `npm run test:faults`
        test: {
          name: 'faults',
          include: ['test/faults/**/*.test.ts'],
          ...withMesh,
          globalSetup: ['test/build-artefacts.ts'],
        },
      },
      {
        // the protocols' own clients, some of them in Python: `npm run test:clients`, not `npm test`
        test: { name: 'clients', include: ['test/clients/**/*.test.ts'], ...withMesh },
      },
    ],
  },
})
