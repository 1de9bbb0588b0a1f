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
  },
})
