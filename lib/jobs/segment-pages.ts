/**
 * Walks over the pages of what is in segments already, in offset order.
 */

import type { IndexPage } from '../log/index-page.js';
import { currentPages } from '../log/page-replacement.js';
import type { PartitionHead, PartitionRef } from '../log/partition-head.js';
import type { PartitionIndex } from '../store/partition-index.js';

const pagesPerLook = 64;

/** From the page that holds `from` on, as long as they begin below `to`. */
export async function* segmentPages(
  index: PartitionIndex,
  ref: PartitionRef,
  { compactedTo }: PartitionHead,
  from: number,
  to: number,
): AsyncGenerator<IndexPage> {
  for (let offset = from; offset < Math.min(to, compactedTo); ) {
    const found = await index.findPages(ref, offset, pagesPerLook);
    const inSegments = found.filter(({ nextOffset }) => nextOffset <= compactedTo);
    for (const page of currentPages(inSegments, offset, compactedTo)) {
      if (page.baseOffset >= to) return;
      yield page;
    }
    const last = found.at(-1);
    if (!last || found.length < pagesPerLook) return;
    offset = last.nextOffset;
  }
}
