import { defineConfig } from 'vitest/config'

/** Tests that start real processes: one file after the other on a small machine. */
const withMesh = {
  globalSetup: ['test/build-artefacts.ts', 'test/shared-mesh.ts'],
  fileParallelism: false,
  testTimeout: 60_000,
  hookTimeout: 120_000,
}

export default defineConfig({
  test: {
    reporters: ['default', './test/count-reporter.ts', './test/recovery-reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{shared,workers,scripts,client}/**/*.test.ts', 'test/repo.test.ts'],
          globalSetup: ['test/build-artefacts.ts'],
        },
      },
      {
        test: {
          name: 'mesh',
          include: ['test/**/*.test.ts'],
          exclude: ['test/repo.test.ts', 'test/clients/**', 'test/faults/**'],
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
