/**
 * The one error that stores throw for what is not an outcome: the outside failed. It says whether the
 * call may have had its effect, which decides whether a caller may simply try again.
 */

export type StoreErrorReason =
  | 'unavailable'
  | 'throttled'
  | 'timeout'
  | 'full'
  | 'denied'
  | 'corrupt';

export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly reason: StoreErrorReason;
  /** `none`: certainly nothing happened. `unknown`: it may have. */
  readonly effect: 'none' | 'unknown';

  constructor(
    message: string,
    facts: { reason: StoreErrorReason; effect: 'none' | 'unknown'; cause?: unknown },
  ) {
    super(message, { cause: facts.cause });
    this.reason = facts.reason;
    this.effect = facts.effect;
  }
}
