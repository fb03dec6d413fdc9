/**
 * Deliberate bugs of key compaction: values and tombstones that go too early, offsets that move, and pages
 * of before.
 */

import { readBatchHeader, sealBatch, writeBatchHeader } from '../../../lib/log/batch-header.js';
import { filterBatch } from '../../../lib/log/filter-batch.js';
import type { IndexPage } from '../../../lib/log/index-page.js';
import { type PlacedBatch, placeBatches, sealOffset } from '../../../lib/log/place-batches.js';
import type { PlacedRecord } from '../../../lib/log/record.js';
import { decodeRecords } from '../../../lib/log/record-batch.js';
import { nodeCodecs } from '../../../lib/runtime/node-codecs.js';
import type { Stores } from '../../../lib/store/stores.js';
import { type Bug, withIndex } from './bug.js';

/** The segment that key compaction wrote is written once more, with other batches. */
async function withOtherBatches(
  { objects }: Stores,
  page: IndexPage,
  change: (batches: readonly PlacedBatch[]) => readonly Uint8Array[],
): Promise<IndexPage> {
  const [location] = page.locations;
  if (!location || location.sizeBytes === 0) return page;
  const { objectKey, position, sizeBytes } = location;
  const read = await objects.read(objectKey, position, sizeBytes);
  if (read.kind === 'missing') return page;
  const placing = { objectKey, baseOffset: page.baseOffset, leaderEpoch: 0 };
  const batches = change(placeBatches(read.bytes, placing, nodeCodecs)).map((batch) => {
    const copy = batch.slice();
    sealOffset(copy, nodeCodecs);
    return copy;
  });
  const key = objectKey.replace(/.{6}$/, 'badbad');
  await objects.put(key, batches);
  const bytes = batches.reduce((sum, batch) => sum + batch.length, 0);
  const other = { ...location, objectKey: key, position: 0, sizeBytes: bytes, splits: [] };
  return { ...page, locations: [other] };
}

function spoiling(
  stores: Stores,
  change: (batches: readonly PlacedBatch[]) => readonly Uint8Array[],
): Stores {
  return withIndex(stores, (index) => ({
    async replacePages(ref, leadership, replacement) {
      if (!replacement.replaces) return index.replacePages(ref, leadership, replacement);
      const page = await withOtherBatches(stores, replacement.page, change);
      return index.replacePages(ref, leadership, { ...replacement, page });
    },
  }));
}

const without = (batches: readonly PlacedBatch[], goes: (record: PlacedRecord) => boolean) =>
  batches.flatMap(({ header, bytes }) => {
    const filtered = filterBatch(bytes, header, nodeCodecs, (record) => !goes(record));
    return filtered ? [filtered] : [];
  });

/** As if what stays had been written one after the other. */
function moveTogether(batches: readonly PlacedBatch[]): Uint8Array[] {
  let baseOffset = batches[0]?.header.baseOffset ?? 0;
  return batches.map(({ bytes }) => {
    const moved = bytes.slice();
    const header = readBatchHeader(moved);
    writeBatchHeader(moved, { ...header, baseOffset });
    sealBatch(moved, nodeCodecs);
    baseOffset += header.lastOffsetDelta + 1;
    return moved;
  });
}

export const keyBugs: readonly Bug[] = [
  {
    name: 'latest-value-dropped',
    what: 'of a key in a compacted segment the last value goes too',
    anomalies: ['lost-write', 'poll-skip'],
    jobStores: (stores) =>
      spoiling(stores, (batches) => {
        const records = batches.flatMap(({ bytes }) => decodeRecords(bytes, nodeCodecs));
        const last = records.findLast(({ value }) => value !== null);
        return without(batches, ({ offset }) => offset === last?.offset);
      }),
  },
  {
    name: 'tombstones-dropped-at-once',
    what: 'a tombstone goes together with the value that it deletes',
    anomalies: ['lost-write', 'poll-skip', 'resurrected'],
    jobStores: (stores) =>
      spoiling(stores, (batches) => without(batches, ({ value }) => value === null)),
  },
  {
    name: 'compaction-moves-offsets',
    what: 'what stays is numbered anew, without gaps',
    anomalies: ['inconsistent-offsets', 'duplicate'],
    jobStores: (stores) => spoiling(stores, moveTogether),
  },
  {
    name: 'pages-of-before',
    what: 'index pages are read without asking for consistency: now and then what was replaced is served',
    anomalies: ['resurrected'],
    stores(stores, { random }) {
      const before = new Map<string, readonly IndexPage[]>();
      return withIndex(stores, (index) => ({
        async replacePages(ref, leadership, replacement) {
          const { page, replaces } = replacement;
          const pages = await index.findPages(ref, page.baseOffset, 1_000);
          const outcome = await index.replacePages(ref, leadership, replacement);
          const old = pages.filter(({ nextOffset }) => nextOffset <= page.nextOffset);
          if (outcome === 'replaced' && replaces) before.set(`${ref.partition}`, old);
          return outcome;
        },
        async findPages(ref, offset, pagesMax) {
          const old = before.get(`${ref.partition}`)?.filter((page) => page.nextOffset > offset);
          const pages = await index.findPages(ref, offset, pagesMax);
          const last = old?.at(-1);
          if (!old || !last || random() < 0.7) return pages;
          const newer = pages.filter(({ nextOffset }) => nextOffset > last.nextOffset);
          return [...old, ...newer].slice(0, pagesMax);
        },
      }));
    },
  },
];
