/**
 * Actors of the service itself: requests that arrive late, rolls that stop half-way and evict whoever is
 * idle. Maintenance itself: maintainers.ts.
 */

import { knownSpans } from '../../lib/log/commit.js';
import { evictionsPerRollMax } from '../../lib/log/limits.js';
import type { PartitionHead, PartitionRef } from '../../lib/log/partition-head.js';
import { planRolls, type TailRolls } from '../../lib/log/tail-roll.js';
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

/** A job that fails is begun anew later. */
async function asJob(sim: Simulation, job: (stores: Stores) => Promise<void>): Promise<void> {
  try {
    await ask(sim, sim.fleet.pick(), ({ stores }) => job(stores));
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

function emptyRoll(head: PartitionHead): TailRolls {
  const { tailBaseOffset, pagedMaxTimestampMs, pagedBytes, rolls } = head;
  const nextTailBaseOffset = tailBaseOffset;
  const stays = { tailBaseOffset, nextTailBaseOffset, pagedMaxTimestampMs, pagedBytes, rolls };
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
