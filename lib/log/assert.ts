/**
 * Assertions for what only a bug of ours can break. They stay on in production: a crash is an alarm,
 * a wrong offset is a lost record.
 */

export function assert(condition: unknown, sentence: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${sentence}`);
}

/** Makes a `switch` exhaustive for the compiler. */
export function assertNever(value: never): never {
  throw new Error(`assertion failed: unexpected ${JSON.stringify(value)}`);
}
