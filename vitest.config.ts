import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    reporters: ['default', './test/count-reporter.ts'],
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
          exclude: ['test/repo.test.ts'],
          globalSetup: ['test/build-artefacts.ts', 'test/shared-mesh.ts'],
          // each starts real processes: one file after the other on a small machine
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
