/**
 * Reads the partitions of a plan, all at once, and hands on their records page by page: each partition
 * in its order, and no further page before the last one was taken. So memory is bounded, and whoever
 * takes the records sets the pace.
 */

import type { HttpClient } from '../client/http-client.js';
import type { LogbrookError } from '../client/logbrook-error.js';
import { patientRetry } from '../client/retry.js';
import type { RecordFormat } from '../contract/fields.js';
import type { RecordOutput } from '../contract/records.js';
import type { PartitionPlan } from './consume-plan.js';

export type ConsumerOptions = {
  readonly topic: string;
  readonly format: RecordFormat;
  /** Stop after this many records. */
  readonly recordsMax: number;
  readonly signal: AbortSignal;
  /** Resolves when the records are written: false once nobody wants more. */
  readonly take: (records: readonly RecordOutput[]) => Promise<boolean>;
  /** Called once, when every partition has been read to its end and is followed from there. */
  readonly onCaughtUp: () => void;
  readonly onRetry: (error: LogbrookError) => void;
  readonly onAnswer: () => void;
};

/** Where each partition goes on. */
export type Positions = Map<number, number>;

const followWaitMs = 30_000;
const KiB = 1024;
const pageBytesMax = 1024 * KiB;
const pageBytesMin = 64 * KiB;
/** What the pages of all partitions may take together. */
const pagesBytesMax = 32 * 1024 * KiB;

export async function consume(
  client: HttpClient,
  plans: readonly PartitionPlan[],
  positions: Positions,
  options: ConsumerOptions,
): Promise<void> {
  const { topic, format, signal, take, onRetry, onAnswer } = options;
  const share = Math.floor(pagesBytesMax / plans.length);
  const maxBytes = Math.min(pageBytesMax, Math.max(pageBytesMin, share));
  const over = new AbortController();
  const stop = () => over.abort();
  const caughtUp = new Set<number>();
  let left = options.recordsMax;

  function reachedEnd(partition: number): void {
    if (caughtUp.size === plans.length) return;
    caughtUp.add(partition);
    if (caughtUp.size === plans.length) options.onCaughtUp();
  }

  async function consumePartition({ partition, from, end }: PartitionPlan): Promise<void> {
    positions.set(partition, from);
    const call = { retry: patientRetry, signal: over.signal, onRetry };
    for (let offset = from; end === undefined || offset < end; ) {
      const waitMs = end === undefined && caughtUp.has(partition) ? followWaitMs : 0;
      const request = { offset, maxBytes, waitMs, format };
      const page = await client.fetch(topic, partition, request, call);
      onAnswer();
      // Between here and `left -=` nothing else runs: no other partition takes the same share.
      const wanted = page.records.filter((record) => end === undefined || record.offset < end);
      const records = wanted.slice(0, left);
      left -= records.length;
      if (records.length > 0 && !(await take(records))) stop();
      else positions.set(partition, nextAfter(records, wanted, offset, page.nextOffset));
      if (left === 0) stop();
      if (over.signal.aborted) return;
      offset = page.nextOffset;
      if (end === undefined && offset >= page.highWatermark) reachedEnd(partition);
    }
  }

  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    await Promise.all(
      plans.map(async (plan) => {
        try {
          await consumePartition(plan);
        } catch (error) {
          if (!over.signal.aborted) throw error;
        }
      }),
    );
  } finally {
    stop();
    signal.removeEventListener('abort', stop);
  }
}

function nextAfter(
  taken: readonly RecordOutput[],
  wanted: readonly RecordOutput[],
  offset: number,
  nextOffset: number,
): number {
  const last = taken.at(-1);
  if (taken.length < wanted.length) return last ? last.offset + 1 : offset;
  return nextOffset;
}
