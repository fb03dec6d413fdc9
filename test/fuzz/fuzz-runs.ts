/**
 * How long the fuzz tests look. FUZZ_RUNS multiplies the inputs of each (and their time), FUZZ_SEED makes
 * them others; without either, a run of CI means the same as the one before.
 */

export const runsFactor = Number(process.env.FUZZ_RUNS ?? 1);
const seed = Number(process.env.FUZZ_SEED ?? 20_261_123);

export const fuzzRuns = (count: number) => ({ numRuns: Math.ceil(count * runsFactor), seed });

/** For a test of that many inputs: what it may take with a factor, on a machine that is busy. */
export const fuzzTimeoutMs = 60_000 * Math.max(1, runsFactor);
