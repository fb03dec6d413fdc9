/**
 * Runs a handler over records with a bound on how many at once: in order per partition, per key, or not at
 * all. A record counts as finished when its handler is; what keeps failing is retried, skipped, handed on,
 * or ends it all, as was asked for.
 */

import { isUnreadable, type UnreadableRecord } from './failed-read.js';

export type OrderBy = 'partition' | 'key' | 'none';

export type FailureHandler<R> = {
  (record: R, error: unknown): Promise<void>;
  /** Takes what the deserializers do not; without it such a record ends the run. */
  readonly unreadable?: (record: UnreadableRecord, error: unknown) => Promise<void>;
};

/** After the last retry: `stop` ends the run with the error; `skip` goes on; or a function takes the record. */
export type OnFailure<R> = 'stop' | 'skip' | FailureHandler<R>;

export type RunOptions<R> = {
  /** Handlers under way at once. Default: 1. */
  readonly concurrency?: number;
  /** What must not overtake. Default: partition. */
  readonly orderBy?: OrderBy;
  /** Further tries of one record. Default: 0. */
  readonly retries?: number;
  /** The first pause between tries, doubled each time. Default: 100 ms. */
  readonly retryPauseMs?: number;
  /** Default: stop. */
  readonly onFailure?: OnFailure<R>;
};

export type HandledRecord = {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Fires when the record is no longer ours to handle. */
  readonly signal: AbortSignal;
};

export type Handling<R> = {
  /** Resolves when there is room for it; rejects once a handler has failed for good. */
  submit(record: R, key: Uint8Array | null): Promise<void>;
  /** Resolves when all that was submitted is finished. */
  drain(): Promise<void>;
};

export function createHandling<T extends HandledRecord>(
  handler: (record: T) => Promise<void> | void,
  { concurrency = 1, orderBy = 'partition', ...options }: RunOptions<T>,
  deps: {
    finished(record: T | UnreadableRecord): void;
    /** Whoever waits for the next record need not: it would not be handled. */
    failed(error: unknown): void;
    /** The consumer is closed: what has not begun is left to whoever comes next. */
    over(): boolean;
    sleep(delayMs: number, signal: AbortSignal): Promise<void>;
    random(): number;
  },
): Handling<T | UnreadableRecord> {
  type R = T | UnreadableRecord;
  /** The newest of each row that must keep its order. */
  const rows = new Map<string, Promise<void>>();
  let open = 0;
  let failure: { readonly error: unknown } | undefined;
  let waiting: (() => void)[] = [];

  function changed(): void {
    const woken = waiting;
    waiting = [];
    for (const resolve of woken) resolve();
  }

  async function setAside(record: UnreadableRecord): Promise<void> {
    const { onFailure = 'stop' } = options;
    if (onFailure === 'skip') return;
    if (onFailure === 'stop' || !onFailure.unreadable) throw record.unreadable;
    await onFailure.unreadable(record, record.unreadable);
  }

  async function attempt(record: T): Promise<void> {
    const { retries = 0, retryPauseMs = 100, onFailure = 'stop' } = options;
    for (let tries = 0; ; tries++) {
      if (record.signal.aborted) return;
      try {
        return await handler(record);
      } catch (error) {
        if (record.signal.aborted) return;
        if (tries < retries) {
          await deps.sleep(deps.random() * retryPauseMs * 2 ** tries, record.signal);
          continue;
        }
        if (onFailure === 'stop') throw error;
        if (onFailure !== 'skip') await onFailure(record, error);
        return;
      }
    }
  }

  async function handle(record: R, before: Promise<void> | undefined): Promise<void> {
    await before;
    try {
      // What comes after a failure that ends it all is not touched.
      if (failure || deps.over() || record.signal.aborted) return;
      await (isUnreadable(record) ? setAside(record) : attempt(record));
      if (!record.signal.aborted) deps.finished(record);
    } catch (error) {
      failure ??= { error };
      deps.failed(error);
    } finally {
      open--;
      changed();
    }
  }

  const rowOf = ({ topic, partition }: R, key: Uint8Array | null) =>
    orderBy === 'key' ? `${topic}/${partition}/${keyText(key)}` : `${topic}/${partition}`;

  return {
    async submit(record, key) {
      while (open >= concurrency && !failure) {
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
      if (failure) throw failure.error;
      open++;
      if (orderBy === 'none') return void handle(record, undefined);
      const row = rowOf(record, key);
      const done = handle(record, rows.get(row));
      rows.set(row, done);
      void done.then(() => {
        if (rows.get(row) === done) rows.delete(row);
      });
    },
    async drain() {
      while (open > 0) await new Promise<void>((resolve) => waiting.push(resolve));
      if (failure) throw failure.error;
    },
  };
}

/** Tells keys apart; latin1 keeps every byte. */
function keyText(key: Uint8Array | null): string {
  return key === null ? '' : `k${String.fromCharCode(...key.subarray(0, 1_024))}`;
}
