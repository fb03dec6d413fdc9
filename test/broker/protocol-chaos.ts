/**
 * The trouble in a run of the protocol: requests that arrive late, WAL floors that rise and objects that
 * are deleted behind them, rolls that stop half-way and evict whoever is idle, and fences.
 */

import { knownSpans } from '../../lib/log/commit.js';
import type { PartitionRef } from '../../lib/log/partition-head.js';
import { planRolls, type TailRolls } from '../../lib/log/tail-roll.js';
import { parseWalKey, walBucketOf } from '../../lib/log/wal-key.js';
import type { Run } from './protocol-run.js';

export async function causeTrouble(run: Run, evicting: boolean): Promise<void> {
  const evictions = evicting ? [evictingRoll, evictingRoll] : [];
  const kinds = [run.deliver, run.deliver, ...evictions, raiseFloors];
  while (!run.stopped()) {
    await run.pause(25);
    await run.oneOf(kinds)(run);
  }
}

/** Rolls as a broker does, but evicts any producer that has nothing in the tail; may stop anywhere. */
async function evictingRoll(run: Run): Promise<void> {
  const { index } = run.truth;
  const ref = run.oneOf(run.refs);
  const roll = await planEvictingRoll(run, ref);
  if (!roll) return;
  for (const [name, state] of Object.entries(roll.park)) await index.parkProducer(ref, name, state);
  await run.pause(8);
  if (run.random() < 0.2) return;
  const backwards = run.random() < 0.5;
  for (const page of backwards ? roll.pages.toReversed() : roll.pages) {
    await index.writePage(ref, page);
    await run.pause(8);
    if (run.random() < 0.1) return;
  }
  await index.advanceTail(ref, roll.advance);
}

async function planEvictingRoll(run: Run, ref: PartitionRef): Promise<TailRolls | undefined> {
  const head = await run.truth.index.readHead(ref);
  const roll = head && planRolls(head);
  if (!roll) return undefined;
  const inTail = new Set(head.tail.flatMap(({ stamps }) => stamps.map((s) => s.producer)));
  const evict = Object.fromEntries(
    Object.entries(head.producers).filter(([name]) => !inTail.has(name) && run.random() < 0.7),
  );
  const park = Object.fromEntries(
    Object.entries(evict).map(([name, entry]) => {
      const spans = knownSpans(head, name);
      return [name, { ...entry, spans, lastBaseOffset: spans.at(-1)?.baseOffset ?? 0 }];
    }),
  );
  return { ...roll, advance: { ...roll.advance, evict }, park };
}

/** As clean-up does: floors first, then what lies below them and is pointed to by nobody. */
async function raiseFloors(run: Run): Promise<void> {
  const { index, objects } = run.truth;
  const first = run.refs[0] as PartitionRef;
  const floor = (await index.readHead(first))?.walFloor ?? 0;
  const raised = Math.max(floor, walBucketOf(run.world.clock.nowMs()) - 1) + 1;
  for (const ref of run.refs) await index.raiseWalFloor(ref, raised);
  const used = new Set<string>();
  for (const ref of run.refs) {
    const pages = await index.findPages(ref, 0, 1_000_000);
    const tail = (await index.readHead(ref))?.tail ?? [];
    for (const { objectKey } of [...pages.flatMap(({ locations }) => locations), ...tail]) {
      used.add(objectKey);
    }
  }
  const gone = [...run.objectKeys].filter(
    (key) => !used.has(key) && (parseWalKey(key)?.bucket ?? raised) < raised,
  );
  await objects.delete(gone);
  for (const key of gone) run.objectKeys.delete(key);
}
