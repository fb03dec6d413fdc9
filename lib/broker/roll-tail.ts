/**
 * Carries out rolls: park what leaves, write the page, then let the head go of both. Stopped anywhere,
 * or done by two at once, it changes nothing that a reader or a retry can see.
 */

import type { PartitionHead, PartitionRef } from '../log/partition-head.js';
import { planEviction, planRolls, type TailRolls } from '../log/tail-roll.js';
import type { PartitionIndex } from '../store/partition-index.js';

/**
 * Rolls for as long as the tail fills a page. `head` is the partition's head as last seen. Gives way to
 * another roller as soon as it meets one. Returns the head after its own last roll, if there was one.
 */
export async function rollTail(
  index: PartitionIndex,
  ref: PartitionRef,
  head: PartitionHead,
): Promise<PartitionHead | undefined> {
  let rolled: PartitionHead | undefined;
  for (let roll = nextRoll(head); roll; roll = nextRoll(head)) {
    const { pages, park, advance } = roll;
    await Promise.all([
      ...Object.entries(park).map(([name, state]) => index.parkProducer(ref, name, state)),
      ...pages.map((page) => index.writePage(ref, page)),
    ]);
    const outcome = await index.advanceTail(ref, advance);
    if (outcome.kind === 'noPartition') return undefined;
    head = outcome.head;
    if (outcome.kind === 'changed') rolled = head;
    // Refused on the same base, it was an idle producer that woke up: plan again without it.
    const overtaken = outcome.kind === 'refused' && head.tailBaseOffset !== advance.tailBaseOffset;
    if (overtaken) break;
  }
  return rolled;
}

function nextRoll(head: PartitionHead): TailRolls | undefined {
  const roll = planRolls(head);
  if (roll) return roll;
  const eviction = planEviction(head);
  return eviction && { pages: [], ...eviction };
}
