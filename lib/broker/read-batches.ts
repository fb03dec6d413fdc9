/**
 * Reading batches: head first, pages only below the tail, then one ranged read per object, in parallel.
 * Every batch is checked against its CRC and gets its offset before anybody sees it.
 */

import type { Codecs } from '../log/codecs.js';
import { CorruptData } from '../log/corrupt-data.js';
import { type PlannedRead, pagesToAsk, planFetch } from '../log/fetch-plan.js';
import type { IndexPage } from '../log/index-page.js';
import { currentPages } from '../log/page-replacement.js';
import {
  type PartitionHead,
  type PartitionRef,
  type PlacedLocation,
  placeEntries,
  placeTail,
} from '../log/partition-head.js';
import { placeBatches } from '../log/place-batches.js';
import { StoreError } from '../store/store-error.js';
import type { Stores } from '../store/stores.js';
import { BrokerError } from './broker-error.js';

/** An object or a page is not there (any more): the index may have moved on since the head was read. */
export class IndexMoved extends Error {
  override readonly name = 'IndexMoved';
}

export type BatchesRead = {
  readonly batches: readonly Uint8Array[];
  /** Where the next read goes on: always further. Nothing lies between the last batch and here. */
  readonly nextOffset: number;
};

/**
 * Whole batches from the one that contains `offset` on: about `bytesMax` of them, at least one, unless
 * compaction has left none up to the end. Should an object fail, what lies before it is served: the next
 * read, which begins there, tells of it. Otherwise a reader far behind would need all objects of a page to
 * succeed at once, and might never get on. `offset` lies in `[logStartOffset, nextOffset)` of `head`.
 */
export async function readBatches(
  stores: Stores,
  codecs: Codecs,
  ref: PartitionRef,
  head: PartitionHead,
  offset: number,
  bytesMax: number,
): Promise<BatchesRead> {
  for (let from = offset; ; ) {
    const locations = await locate(stores, ref, head, from, bytesMax);
    const reads = planFetch(locations, from, bytesMax);
    const ranges = reads.map((read) => readRange(stores, codecs, read, head));
    const found = beforeFailure(await Promise.allSettled(ranges));
    const nextOffset = reads[found.length - 1]?.nextOffset;
    if (nextOffset === undefined) throw new IndexMoved(`nothing is known of offset ${from}`);
    const batches = found.flat().filter((batch) => endOf(batch) > from);
    const selected = select(batches, bytesMax);
    const last = selected.at(-1);
    if (last && selected.length < batches.length) {
      return { batches: selected, nextOffset: endOf(last) };
    }
    // What `from` was in has been compacted away, and all behind it that was read.
    if (last || nextOffset >= head.nextOffset) return { batches: selected, nextOffset };
    from = nextOffset;
  }
}

/** What came before the first failure; that failure, if nothing did. */
function beforeFailure<T>(outcomes: readonly PromiseSettledResult<T>[]): T[] {
  const values: T[] = [];
  for (const outcome of outcomes) {
    if (outcome.status === 'fulfilled') values.push(outcome.value);
    else if (values.length === 0) throw outcome.reason;
    else break;
  }
  return values;
}

/** Locations from the one that contains `offset` on. */
export async function locate(
  stores: Stores,
  ref: PartitionRef,
  head: PartitionHead,
  offset: number,
  bytesMax: number,
): Promise<PlacedLocation[]> {
  const from = (locations: readonly PlacedLocation[]) =>
    locations.filter(({ baseOffset, recordCount }) => baseOffset + recordCount > offset);
  if (offset >= head.tailBaseOffset) return from(placeTail(head));
  const recentBytes = head.tail.reduce((sum, entry) => sum + entry.sizeBytes, 0);
  const pagesMax = pagesToAsk(bytesMax, recentBytes, head.tail.length);
  const pages = await pagesFrom(stores, ref, head, offset, pagesMax);
  checkContiguous(pages, offset);
  const paged = from(pages.flatMap((page) => placeEntries(page.baseOffset, page.locations)));
  const reachesTail = pages.at(-1)?.nextOffset === head.tailBaseOffset;
  return reachesTail ? [...paged, ...placeTail(head)] : paged;
}

/** Looks further while all it finds is left over: pages that a wider one holds, which comes after them. */
async function pagesFrom(
  stores: Stores,
  ref: PartitionRef,
  head: PartitionHead,
  offset: number,
  pagesMax: number,
): Promise<IndexPage[]> {
  for (let countMax = pagesMax; ; countMax *= 4) {
    const found = await stores.index.findPages(ref, offset, countMax);
    // Beyond this head's tail base, pages may still be on their way, in any order. One that begins before it
    // and ends beyond it is whole: it took the place of others since this head was read.
    const rolled = found.filter(({ baseOffset }) => baseOffset < head.tailBaseOffset);
    const pages = currentPages(rolled, offset, head.compactedTo);
    const first = pages[0];
    if ((first && first.baseOffset <= offset) || found.length < countMax) return pages;
  }
}

/** A hole in the index must never look like the next record: a reader would skip it for ever. */
function checkContiguous(pages: readonly IndexPage[], offset: number): void {
  let expected = offset;
  for (const [i, page] of pages.entries()) {
    const fits = i === 0 ? page.baseOffset <= expected : page.baseOffset === expected;
    if (!fits) break;
    expected = page.nextOffset;
  }
  if (pages.length === 0 || expected !== pages.at(-1)?.nextOffset) {
    throw new IndexMoved(`the index has a hole at offset ${expected}`);
  }
}

async function readRange(
  stores: Stores,
  codecs: Codecs,
  read: PlannedRead,
  head: PartitionHead,
): Promise<Uint8Array[]> {
  if (read.sizeBytes === 0) return [];
  for (let tries = 1; ; tries++) {
    try {
      const answer = await stores.objects.read(read.objectKey, read.position, read.sizeBytes);
      if (answer.kind === 'missing') throw new IndexMoved(`object ${read.objectKey} is missing`);
      const { objectKey, baseOffset } = read;
      const placing = { objectKey, baseOffset, leaderEpoch: head.lease.leaderEpoch };
      return placeBatches(answer.bytes, placing, codecs).map(({ bytes }) => bytes);
    } catch (error) {
      const cutShort = error instanceof StoreError && error.reason === 'corrupt';
      if (!(error instanceof CorruptData || cutShort)) throw error;
      // Bytes can be spoilt on the way: look once more before giving the object up.
      if (tries === 2) throw corrupt(read, error);
    }
  }
}

function corrupt(read: PlannedRead, cause: Error): BrokerError {
  const { objectKey, position } = read;
  return new BrokerError('KAFKA_STORAGE_ERROR', `Stored batches are corrupt: ${cause.message}.`, {
    details: { corrupt: true, objectKey, position, baseOffset: read.baseOffset },
    cause,
  });
}

function select(batches: readonly Uint8Array[], bytesMax: number): Uint8Array[] {
  const selected: Uint8Array[] = [];
  let bytes = 0;
  for (const batch of batches) {
    bytes += batch.length;
    if (selected.length > 0 && bytes > bytesMax) break;
    selected.push(batch);
  }
  return selected;
}

/** One past the last offset of a placed batch. */
export function endOf(batch: Uint8Array): number {
  const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength);
  return view.getInt32(0) * 2 ** 32 + view.getUint32(4) + view.getInt32(23) + 1;
}
