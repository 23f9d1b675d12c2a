import { defineConfig } from 'vitest/config'

// Tests import the built program (`#spillway/…` is dist): worker threads need real JavaScript files.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 2,
    server: { deps: { external: [/\/dist\//] } },
  },
})
