/**
 * Offsets by time: the first record that is at least as new as an instant. Index pages carry the
 * greatest timestamp up to their end, which never falls, so the page is found by halving.
 */

import { readBatchHeader } from '../log/batch-header.js';
import type { Codecs } from '../log/codecs.js';
import { fetchBytesDefault } from '../log/limits.js';
import {
  maxTimestampMs,
  type PartitionHead,
  type PartitionRef,
  type PlacedLocation,
} from '../log/partition-head.js';
import { decodeRecords } from '../log/record-batch.js';
import type { Stores } from '../store/stores.js';
import { BrokerError } from './broker-error.js';
import { IndexMoved, locate, readBatches } from './read-batches.js';

export type TimedOffset = { readonly offset: number; readonly timestampMs: number };

/** Undefined when every record is older. */
export async function findOffsetByTime(
  stores: Stores,
  codecs: Codecs,
  ref: PartitionRef,
  head: PartitionHead,
  timestampMs: number,
): Promise<TimedOffset | undefined> {
  try {
    return await search(stores, codecs, ref, head, timestampMs);
  } catch (error) {
    if (!(error instanceof IndexMoved)) throw error;
  }
  // If an object or a page is gone, the index has moved on: look again, once.
  const newer = (await stores.index.readHead(ref)) ?? head;
  try {
    return await search(stores, codecs, ref, newer, timestampMs);
  } catch (cause) {
    if (!(cause instanceof IndexMoved)) throw cause;
    const message = `Retained data is gone: ${cause.message}.`;
    throw new BrokerError('KAFKA_STORAGE_ERROR', message, { cause });
  }
}

async function search(
  stores: Stores,
  codecs: Codecs,
  ref: PartitionRef,
  head: PartitionHead,
  timestampMs: number,
): Promise<TimedOffset | undefined> {
  if (maxTimestampMs(head) < timestampMs || head.logStartOffset === head.nextOffset) {
    return undefined;
  }
  let offset = await startOfSearch(stores, ref, head, timestampMs);
  while (offset < head.nextOffset) {
    for (const location of await locate(stores, ref, head, offset, 1)) {
      offset = location.baseOffset + location.recordCount;
      if (location.maxTimestampMs < timestampMs) continue;
      const found = await searchLocation(stores, codecs, ref, head, location, timestampMs);
      if (found) return found;
    }
  }
  return undefined;
}

/** No retained record before this offset is new enough. */
async function startOfSearch(
  stores: Stores,
  ref: PartitionRef,
  head: PartitionHead,
  timestampMs: number,
): Promise<number> {
  let low = head.logStartOffset;
  let high = Math.max(low, head.tailBaseOffset);
  // Pages that end at or before `low` are too old; what begins at `high` is new enough, or the tail.
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const page = (await stores.index.findPages(ref, middle, 1))[0];
    if (!page) break;
    if (page.maxTimestampMs < timestampMs) low = page.nextOffset;
    else high = Math.max(low, page.baseOffset);
  }
  return high;
}

async function searchLocation(
  stores: Stores,
  codecs: Codecs,
  ref: PartitionRef,
  head: PartitionHead,
  location: PlacedLocation,
  timestampMs: number,
): Promise<TimedOffset | undefined> {
  const end = location.baseOffset + location.recordCount;
  let offset = Math.max(location.baseOffset, head.logStartOffset);
  while (offset < end) {
    const bytesMax = Math.min(location.sizeBytes, fetchBytesDefault);
    const { batches, nextOffset } = await readBatches(stores, codecs, ref, head, offset, bytesMax);
    for (const batch of batches) {
      if (readBatchHeader(batch).maxTimestampMs < timestampMs) continue;
      const record = decodeRecords(batch, codecs).find(
        (candidate) =>
          candidate.timestampMs >= timestampMs && candidate.offset >= head.logStartOffset,
      );
      if (record) return { offset: record.offset, timestampMs: record.timestampMs };
    }
    offset = nextOffset;
  }
  return undefined;
}
