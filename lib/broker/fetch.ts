/**
 * The fetch: from an offset, up to a budget, and if there is nothing yet, after a wait. Serves what was
 * committed before it began; never less than one batch if there is one, and no offset is passed over that
 * holds a record.
 */

import type { Codecs } from '../log/codecs.js';
import type { PartitionHead, PartitionRef } from '../log/partition-head.js';
import type { Stores } from '../store/stores.js';
import { BrokerError } from './broker-error.js';
import { type BatchesRead, IndexMoved, readBatches } from './read-batches.js';
import type { TailWatch } from './tail-watch.js';

export type FetchRequest = {
  readonly offset: number;
  readonly bytesMax: number;
  /** How long to wait for the first record; 0 answers at once. */
  readonly waitMs: number;
  readonly signal?: AbortSignal;
};

export type FetchResult = {
  /** Whole batches, in offset order; the first may begin before `offset`. Empty where nothing follows. */
  readonly batches: readonly Uint8Array[];
  /** Where the next fetch goes on; further than the last batch where compaction left nothing behind it. */
  readonly nextOffset: number;
  readonly logStartOffset: number;
  readonly highWatermark: number;
};

export type FetchDeps = {
  readonly stores: Stores;
  readonly codecs: Codecs;
  readonly watch: TailWatch;
};

/** Undefined when there is no such partition. */
export async function fetchRecords(
  deps: FetchDeps,
  ref: PartitionRef,
  request: FetchRequest,
): Promise<FetchResult | undefined> {
  const head = await headForFetch(deps, ref, request);
  if (!head) return undefined;
  const { offset, bytesMax } = request;
  const { logStartOffset } = head;
  let highWatermark = head.nextOffset;
  if (offset === highWatermark) {
    return { batches: [], nextOffset: offset, logStartOffset, highWatermark };
  }
  const found = await readFollowingIndex(deps, ref, head, offset, bytesMax);
  if (!found) return undefined;
  const { batches, nextOffset } = found;
  // The head may have been read again since.
  highWatermark = Math.max(highWatermark, nextOffset);
  return { batches, nextOffset, logStartOffset, highWatermark };
}

/** The head, once it has something for the reader or the wait is over. */
async function headForFetch(
  deps: FetchDeps,
  ref: PartitionRef,
  { offset, waitMs, signal }: FetchRequest,
): Promise<PartitionHead | undefined> {
  const { watch, stores } = deps;
  // Subscribed before the head is read: a commit in between wakes us.
  const subscription = waitMs > 0 ? watch.subscribe(ref, offset, waitMs, signal) : undefined;
  try {
    const head = await stores.index.readHead(ref);
    if (head) checkOffset(head, offset);
    if (!head || !subscription || head.nextOffset > offset) return head;
    const news = await subscription.news;
    // The wait may have been long: what the reader wants may be deleted by now.
    if (news) checkOffset(news, offset);
    return news ?? head;
  } finally {
    subscription?.cancel();
  }
}

function checkOffset(head: PartitionHead, offset: number): void {
  if (offset < head.logStartOffset || offset > head.nextOffset) {
    throw offsetOutOfRange(head, offset);
  }
}

export function offsetOutOfRange(head: PartitionHead, offset: number): BrokerError {
  const { logStartOffset: earliest, nextOffset: latest } = head;
  return new BrokerError(
    'OFFSET_OUT_OF_RANGE',
    `Offset ${offset} is out of range: the log starts at ${earliest} and ends at ${latest}.`,
    { details: { offset, earliest, latest } },
  );
}

/** If an object or a page is gone, the index has moved on: look again, once. */
async function readFollowingIndex(
  deps: FetchDeps,
  ref: PartitionRef,
  head: PartitionHead,
  offset: number,
  bytesMax: number,
): Promise<BatchesRead | undefined> {
  const { stores, codecs } = deps;
  try {
    return await readBatches(stores, codecs, ref, head, offset, bytesMax);
  } catch (error) {
    if (!(error instanceof IndexMoved)) throw error;
  }
  const newer = await stores.index.readHead(ref);
  if (!newer) return undefined;
  checkOffset(newer, offset);
  try {
    return await readBatches(stores, codecs, ref, newer, offset, bytesMax);
  } catch (cause) {
    if (!(cause instanceof IndexMoved)) throw cause;
    throw new BrokerError('KAFKA_STORAGE_ERROR', `Retained data is gone: ${cause.message}.`, {
      details: { offset },
      cause,
    });
  }
}
