import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['tidemark-source', 'module', 'node', 'import', 'default'] },
  ssr: { resolve: { conditions: ['tidemark-source', 'module', 'node', 'import', 'default'] } },
  test: {
    include: ['test/**/*.test.ts'],
    typecheck: { enabled: true, include: ['test/types/**/*.test-d.ts'] },
    // Only against tests that never end: a loaded machine is no failure.
    testTimeout: 120_000,
    pool: 'threads',
    // One less than there are cores, which is the default, is one where there are two.
    maxWorkers: '100%',
  },
})
