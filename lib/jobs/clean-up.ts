/**
 * Clean-up of WAL objects and inline batches, hour by hour. An hour goes as a whole, with the orphans of
 * failed commits, once no partition can point into it: every head refuses commits below the floor, and all
 * that was committed before the floor was raised is in segments or below the log start. Partitions that
 * come into sight later begin with the store's own floor, which is raised first. No clock decides that;
 * time only says when to begin.
 */

import type { PartitionHead, PartitionRef } from '../log/partition-head.js';
import { isFreeBelowFloor } from '../log/wal-floor.js';
import { walBucketOf } from '../log/wal-key.js';
import type { Stores } from '../store/stores.js';
import { partitionsOfTopics } from './partitions.js';

export type CleanUpReport = {
  readonly bucketsDeleted: number;
  readonly objectsDeleted: number;
  /** Hours that wait for partitions to be compacted. */
  readonly bucketsWaiting: number;
};

export const nothingCleaned: CleanUpReport = {
  bucketsDeleted: 0,
  objectsDeleted: 0,
  bucketsWaiting: 0,
};

const places = ['wal/', 'inline/'] as const;
const keysPerDelete = 1_000;

export async function cleanUp(
  stores: Stores,
  nowMs: number,
  graceMs: number,
  goesOn: () => boolean,
): Promise<CleanUpReport> {
  const oldest = walBucketOf(nowMs - graceMs);
  const buckets = (await bucketsOf(stores)).filter((bucket) => bucket < oldest);
  const last = buckets.at(-1);
  if (last === undefined) return nothingCleaned;
  // Before the topics are listed: what comes into sight after that has this floor, or a higher one.
  const floor = await stores.topics.walFloor();
  const heads = await headsOf(stores);
  const freeBelow = await freeBelowFloor(stores, heads, floor);
  let [bucketsDeleted, objectsDeleted] = [0, 0];
  for (const bucket of buckets) {
    if (bucket >= freeBelow || !goesOn()) break;
    objectsDeleted += await deleteBucket(stores, bucket);
    bucketsDeleted++;
  }
  // A new floor only once the old one has done its work: raised again and again, it never would.
  const left = buckets.slice(bucketsDeleted);
  if (freeBelow === floor && left.some((bucket) => bucket >= floor)) {
    await stores.topics.raiseWalFloor(last + 1);
    for (const { ref } of heads) await stores.index.raiseWalFloor(ref, last + 1);
  }
  return { bucketsDeleted, objectsDeleted, bucketsWaiting: left.length };
}

async function bucketsOf({ objects }: Stores): Promise<number[]> {
  const names = await Promise.all(places.map((place) => objects.listPrefixes(place)));
  const buckets = names.flat().map(Number).filter(Number.isSafeInteger);
  return [...new Set(buckets)].sort((a, b) => a - b);
}

type Headed = { readonly ref: PartitionRef; readonly head: PartitionHead };

async function headsOf(stores: Stores): Promise<Headed[]> {
  const heads: Headed[] = [];
  for await (const { ref } of partitionsOfTopics(stores.topics)) {
    const head = await stores.index.readHead(ref);
    if (head) heads.push({ ref, head });
  }
  return heads;
}

/** The floor, if it holds everywhere and nothing points below it any more; else 0. */
async function freeBelowFloor(
  { index }: Stores,
  heads: readonly Headed[],
  floor: number,
): Promise<number> {
  let free = true;
  for (const { ref, head } of heads) {
    const raised = head.walFloor < floor ? await index.raiseWalFloor(ref, floor) : undefined;
    const now = raised?.kind === 'changed' ? raised.head : head;
    if (raised?.kind !== 'noPartition' && !isFreeBelowFloor(now)) free = false;
  }
  return free ? floor : 0;
}

async function deleteBucket({ objects }: Stores, bucket: number): Promise<number> {
  let deleted = 0;
  for (const place of places) {
    let count: number;
    do {
      count = await objects.deletePrefix(`${place}${bucket}/`, keysPerDelete);
      deleted += count;
    } while (count === keysPerDelete);
  }
  return deleted;
}
