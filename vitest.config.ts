import {defineConfig} from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts', 'steps/**/*.test.ts'],
    // On a machine that does other things too, what takes 20 s can take minutes; what waits for a condition gives up sooner and says for which.
    testTimeout: 300_000,
    hookTimeout: 600_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
