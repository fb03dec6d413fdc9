/**
 * Actors of the service itself: requests that arrive late, rolls that stop half-way and evict whoever is
 * idle, WAL floors that rise, and objects that are deleted behind them.
 */

import { knownSpans } from '../../lib/log/commit.js';
import { evictionsPerRollMax } from '../../lib/log/limits.js';
import type { PartitionHead, PartitionRef } from '../../lib/log/partition-head.js';
import { planRolls, type TailRolls } from '../../lib/log/tail-roll.js';
import { parseWalKey, walBucketOf } from '../../lib/log/wal-key.js';
import type { Stores } from '../../lib/store/stores.js';
import { ask } from './requests.js';
import type { Simulation } from './simulation.js';

/** Some arrive soon, many when nobody thinks of them any more. */
export async function lateArrivals(sim: Simulation): Promise<void> {
  while (!sim.writersDone()) {
    await sim.pause(sim.oneOf([30, 4_000]));
    await sim.fleet.deliver();
  }
}

export async function evictingRoller(sim: Simulation): Promise<void> {
  while (!sim.writersDone()) {
    await sim.pause(40);
    await asJob(sim, (stores) => rollAndEvict(sim, stores, sim.oneOf(sim.refs)));
  }
}

export async function cleaner(sim: Simulation): Promise<void> {
  while (!sim.writersDone()) {
    await sim.pause(100);
    await asJob(sim, (stores, nowMs) => cleanUp(sim, stores, nowMs));
  }
}

/** A job that fails is begun anew later. */
async function asJob(
  sim: Simulation,
  job: (stores: Stores, nowMs: number) => Promise<void>,
): Promise<void> {
  try {
    await ask(sim, sim.fleet.pick(), ({ stores, world }) => job(stores, world.clock.nowMs()));
  } catch (error) {
    if ((error as Error).name !== 'StoreError') sim.complain('unexpected-error', String(error));
  }
}

/** Rolls as a broker does, but evicts any producer that has nothing in the tail; may stop anywhere. */
async function rollAndEvict(sim: Simulation, stores: Stores, ref: PartitionRef): Promise<void> {
  const { index } = stores;
  const head = await index.readHead(ref);
  if (!head) return;
  const roll = withEvictions(sim, head, (sim.chance(0.5) && planRolls(head)) || emptyRoll(head));
  for (const [name, state] of Object.entries(roll.park)) await index.parkProducer(ref, name, state);
  await sim.pause(8);
  if (sim.chance(0.1)) return;
  for (const page of sim.chance(0.5) ? roll.pages.toReversed() : roll.pages) {
    await index.writePage(ref, page);
    await sim.pause(8);
    if (sim.chance(0.1)) return;
  }
  await index.advanceTail(ref, roll.advance);
}

function emptyRoll({ tailBaseOffset, pagedMaxTimestampMs, rolls }: PartitionHead): TailRolls {
  const nextTailBaseOffset = tailBaseOffset;
  const stays = { tailBaseOffset, nextTailBaseOffset, pagedMaxTimestampMs, rolls };
  return { pages: [], advance: { ...stays, entryCount: 0, windows: {}, evict: {} }, park: {} };
}

/** Any producer may leave that has nothing in the tail. */
function withEvictions(sim: Simulation, head: PartitionHead, roll: TailRolls): TailRolls {
  const inTail = new Set(head.tail.flatMap(({ stamps }) => stamps.map((s) => s.producer)));
  // One that wakes up meanwhile keeps all of them: the fewer, the more often it comes true.
  const share = sim.oneOf([0.1, 0.3, 1]);
  const evict = Object.fromEntries(
    Object.entries(head.producers)
      .filter(([name]) => !inTail.has(name) && sim.chance(share))
      .slice(0, evictionsPerRollMax),
  );
  const park = Object.fromEntries(
    Object.entries(evict).map(([name, entry]) => {
      const spans = knownSpans(head, name);
      return [name, { ...entry, spans, lastBaseOffset: spans.at(-1)?.baseOffset ?? 0 }];
    }),
  );
  return { ...roll, advance: { ...roll.advance, evict }, park };
}

/** Floors first, then what lies below them and is pointed to by nobody. */
async function cleanUp(sim: Simulation, stores: Stores, nowMs: number): Promise<void> {
  const { index, objects } = stores;
  const bucket = walBucketOf(nowMs);
  const floor = (await index.readHead(sim.refs[0] as PartitionRef))?.walFloor ?? 0;
  // Time goes fast here: a bucket is over as soon as somebody says so.
  const raised = sim.chance(0.5) ? Math.max(floor, bucket - 1) + 1 : bucket;
  for (const ref of sim.refs) {
    const outcome = await index.raiseWalFloor(ref, raised);
    if (outcome.kind !== 'changed') return;
  }
  const candidates = [...sim.objectKeys].filter(
    (key) => (parseWalKey(key)?.bucket ?? raised) < raised,
  );
  const used = new Set<string>();
  for (const ref of sim.refs) {
    for (const key of await keysUsedBy(sim, stores, ref)) {
      used.add(key);
    }
  }
  const gone = candidates.filter((key) => !used.has(key));
  await objects.delete(gone);
  for (const key of gone) sim.objectKeys.delete(key);
}

/** The tail first: entries move from it to the pages, never back. */
async function keysUsedBy(
  sim: Simulation,
  { index }: Stores,
  ref: PartitionRef,
): Promise<string[]> {
  const tail = async () => (await index.readHead(ref))?.tail ?? [];
  const pages = async () =>
    (await index.findPages(ref, 0, 1_000_000)).flatMap(({ locations }) => locations);
  const [first, second] = sim.options.bug?.pagesBeforeTail ? [pages, tail] : [tail, pages];
  const locations = [...(await first())];
  await sim.pause(80);
  locations.push(...(await second()));
  return locations.map(({ objectKey }) => objectKey);
}
