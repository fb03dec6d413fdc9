/**
 * What is asked of a run, what it works with, and when it is over.
 */

import type { HttpClient } from '../../client/http-client.js';
import type { RetryPolicy } from '../../client/retry.js';
import type { Codecs } from '../../log/codecs.js';
import type { Witness } from './recorded-process.js';

export type WorkloadOptions = {
  readonly topic: string;
  /** Where each partition ends before we begin: what lies below is none of ours. */
  readonly starts: readonly number[];
  readonly durationMs: number;
  readonly recordsPerSecond: number;
  readonly producers: number;
  /** Of each partition; every other one follows, the rest read it again and again. */
  readonly readers: number;
  /** Values have all sizes up to this one. */
  readonly recordBytesMax: number;
  /** Records have that many keys, and the topic is compacted; undefined: no record has a key. */
  readonly keys: number | undefined;
};

export type WorkloadDeps = {
  readonly client: HttpClient;
  readonly codecs: Codecs;
  readonly witness: Witness;
  /** For the history and its latencies; finer than milliseconds. */
  readonly clockMs: () => number;
};

/** What each of those who take part knows. */
export type Run = WorkloadDeps &
  WorkloadOptions & {
    readonly endsAtMs: number;
    /** Fires when nothing more is to be begun; what is under way is finished. */
    readonly over: AbortSignal;
  };

export function isOver({ client, endsAtMs, over }: Run): boolean {
  return over.aborted || client.timing.nowMs() >= endsAtMs;
}

/** No second try behind our back: what became of the first one is what is judged. */
export const once: RetryPolicy = { triesMax: 1, giveUpAfterMs: 0, pauseMs: 0, pauseMsMax: 0 };
