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
          // Files share their thread's modules: loading all of it for each of a hundred files took a third of the suite.
          isolate: false,
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
