import { defineConfig } from 'vitest/config';

/** Proofs need more than a test machine has; each has a command of its own. */
const proof = process.env.LOGBROOK_PROOF;

export default defineConfig({
  test: {
    include: proof ? [`test/e2e/${proof}.proof.ts`] : ['test/**/*.test.ts'],
    globalSetup: ['test/build-once.ts'],
    testTimeout: 60_000,
    hookTimeout: 300_000,
    reporters: ['default', ['json', { outputFile: 'node_modules/.cache/test-results.json' }]],
  },
});
