/**
 * Carries out rolls: park what leaves, write the page, then let the head go of both. Stopped anywhere,
 * or done by two at once, it changes nothing that a reader or a retry can see.
 */

import type { PartitionHead, PartitionRef } from '../log/partition-head.js';
import { planRoll } from '../log/tail-roll.js';
import type { PartitionIndex } from '../store/partition-index.js';

/** Rolls for as long as the tail fills a page. `head` is the partition's head as last seen. */
export async function rollTail(
  index: PartitionIndex,
  ref: PartitionRef,
  head: PartitionHead,
): Promise<void> {
  for (let roll = planRoll(head); roll; roll = planRoll(head)) {
    const { page, park, advance } = roll;
    const parked = Object.entries(park).map(([name, state]) =>
      index.parkProducer(ref, name, state),
    );
    await Promise.all([...parked, index.writePage(ref, page)]);
    const outcome = await index.advanceTail(ref, advance);
    if (outcome.kind === 'noPartition') return;
    head = outcome.head;
  }
}
