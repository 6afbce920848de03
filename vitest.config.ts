import { defineConfig } from 'vitest/config';

/** Three rooms of tests: rules and use cases (`unit`), the real deployment (`emulator`), real pages (`browser`). */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/emulator/**', 'test/browser/**'],
          pool: 'threads',
          // Files share their thread's modules: loading all of it anew for each file took a third of the suite’s processor time.
          isolate: false,
          // What computes for two seconds on a machine of its own takes longer on one that others use.
          testTimeout: 30_000,
          // One thread for each processor: much of a test is waiting for a server of its own.
          maxWorkers: '100%',
        },
      },
      {
        test: {
          name: 'emulator',
          include: ['test/emulator/**/*.test.ts'],
          globalSetup: ['test/support/desk-folder.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 240_000,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 240_000,
        },
      },
    ],
  },
});
