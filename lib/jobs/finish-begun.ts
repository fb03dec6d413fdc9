/**
 * After a leader that did not come to its end: the segment that it was writing is either in the index, and
 * then the pages that it replaced go, or it never will be, and then it goes itself. Only once somebody else
 * leads: a change that the old leader asked for is refused from then on, however late it arrives. Says whether
 * it is in the index.
 */

import type { PartitionRef } from '../log/partition-head.js';
import { parseSegmentKey } from '../log/segment-key.js';
import type { Stores } from '../store/stores.js';

const pagesPerLook = 256;

export async function finishBegun(
  { index, objects }: Stores,
  ref: PartitionRef,
  key: string,
): Promise<boolean> {
  const segment = parseSegmentKey(key);
  if (!segment) return false;
  // All that ends inside the segment; its own page is the first that ends after them.
  const replaced: number[] = [];
  for (let offset = segment.baseOffset; ; ) {
    const found = await index.findPages(ref, offset, pagesPerLook);
    for (const page of found) {
      if (page.locations.some(({ objectKey }) => objectKey === key)) {
        await index.deletePages(ref, replaced);
        return true;
      }
      replaced.push(page.nextOffset);
    }
    const last = found.at(-1);
    if (!last || found.length < pagesPerLook) break;
    offset = last.nextOffset;
  }
  await objects.delete([key]);
  return false;
}
