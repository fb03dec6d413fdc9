/**
 * What else is asked of the outside: time, randomness, and a place to tell of trouble. Handed in, so
 * that a simulation can own all three.
 */

export type Clock = {
  nowMs(): number;
  /** Calls `tick` every `intervalMs` until the returned function is called. */
  every(intervalMs: number, tick: () => void): () => void;
  sleep(delayMs: number): Promise<void>;
  /** Calls `act` when what has arrived by now is taken in: at the end of this turn of the event loop. */
  afterTurn(act: () => void): void;
};

export type World = {
  readonly clock: Clock;
  /** In [0, 1). */
  random(): number;
  uuid(): string;
  readonly log: Logger;
};

/** Structured: facts in `details`, one constant sentence in `message`. */
export type Logger = {
  info(message: string, details?: Readonly<Record<string, unknown>>): void;
  warn(message: string, details?: Readonly<Record<string, unknown>>): void;
  error(message: string, details?: Readonly<Record<string, unknown>>): void;
};
