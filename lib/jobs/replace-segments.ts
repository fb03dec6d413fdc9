/**
 * Segments that lie together become one, and one page takes the place of theirs, in one change that the
 * leader's epoch guards. What was replaced is noted before, so that it is found whatever happens.
 */

import type { IndexPage } from '../log/index-page.js';
import type { BatchLocation, PartitionRef } from '../log/partition-head.js';
import { formatSegmentKey } from '../log/segment-key.js';
import type { CompactionDeps } from './compact-partition.js';
import { finishBegun } from './finish-begun.js';
import type { Leader } from './leader.js';
import type { NoteBook } from './leader-notes.js';
import { type BatchFilter, writeFiltered } from './write-segment.js';

export type SegmentWork = {
  readonly deps: CompactionDeps;
  readonly ref: PartitionRef;
  readonly leader: Leader;
  readonly noteBook: NoteBook;
};

/** `unwanted`: all of it stays as it is. `deposed`: this leader leads no more. */
export type Replacement =
  | { readonly kind: 'replaced'; readonly location: BatchLocation }
  | { readonly kind: 'unwanted' | 'deposed' };

/** What was begun is still in the notes when it returns: the caller says there what has become of it. */
export async function replaceSegments(
  { deps, ref, leader, noteBook }: SegmentWork,
  pages: readonly IndexPage[],
  filter: BatchFilter,
  isWanted: () => boolean,
): Promise<Replacement> {
  const { stores, codecs, world, memoryBytesMax } = deps;
  const { leadership } = leader;
  const { leaderEpoch } = leadership;
  const [first, last] = [pages[0] as IndexPage, pages.at(-1) as IndexPage];
  const { baseOffset } = first;
  const key = formatSegmentKey({ ref, baseOffset, leaderEpoch, uuid: world.uuid() });
  const locations = pages.flatMap((page) => page.locations);
  const replacing = [...new Set(locations.map(({ objectKey }) => objectKey))];
  await noteBook.write({ ...noteBook.read(), writing: key, replacing });
  const segment = { key, pages, leaderEpoch, memoryBytesMax };
  const written = await writeFiltered(stores.objects, codecs, segment, filter, isWanted);
  if (!written) return { kind: 'unwanted' };
  const { nextOffset, maxTimestampMs, endBytes } = last;
  const location = withAge(written, locations);
  const page = { baseOffset, nextOffset, maxTimestampMs, endBytes, locations: [location] };
  const replaces = pages.slice(0, -1).map((one) => one.nextOffset);
  const outcome = await stores.index.replacePages(ref, leadership, { page, replaces });
  if (outcome === 'replaced') return { kind: 'replaced', location };
  // As in compaction: it may have been refused only the second time. The next leader goes by the notes.
  await finishBegun(stores, ref, key);
  return { kind: 'deposed' };
}

/** A place without records is as old as those that were there. */
function withAge(written: BatchLocation, before: readonly BatchLocation[]): BatchLocation {
  if (written.sizeBytes > 0) return written;
  const maxTimestampMs = before.reduce((max, one) => Math.max(max, one.maxTimestampMs), -1);
  return { ...written, maxTimestampMs };
}
