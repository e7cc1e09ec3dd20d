import { defineConfig } from 'vitest/config';

// One browser and one server for all: the tests run one after the other, on two cores beside a server and its jobs.
export default defineConfig({
  test: {
    include: ['e2e/**/*.e2e.ts'],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 60_000 } }, // a busy machine draws late
    pool: 'threads',
    poolOptions: { threads: { singleThread: true } },
  },
});
