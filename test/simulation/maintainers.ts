/**
 * Actors that run maintenance as it runs for users, and that trim. Jobs live in fast time: their clocks
 * run hundreds of times faster than everybody else's, and none agrees with another, so hours of WAL objects come
 * and go within a run. No promise may depend on it.
 */

import { jobDefaults } from '../../lib/jobs/job-settings.js';
import { createMaintenance } from '../../lib/jobs/maintenance.js';
import type { Stores } from '../../lib/store/stores.js';
import type { World } from '../../lib/store/world.js';
import { manualStartMs } from '../support/manual-world.js';
import { withIndex } from './bugs/bug.js';
import type { Instance } from './fleet.js';
import { ask, trim } from './requests.js';
import type { Simulation } from './simulation.js';

const hourMs = 3_600_000;
const timesFaster = 900;

/** In fast time: the lease is over after two thirds of a second, the grace period after eight seconds. */
const settings = {
  ...jobDefaults,
  leaseMs: 600_000,
  compactAfterMs: 0,
  graceMs: 2 * hourMs,
  memoryBytesMax: 2_000,
  runMsMax: 100 * hourMs,
};

export async function maintainer(sim: Simulation): Promise<void> {
  while (!sim.writersDone()) {
    await sim.pause(120);
    const skewMs = sim.pick(2 * hourMs);
    await ask(sim, sim.fleet.pick(), (instance) => maintain(sim, instance, skewMs)).catch(
      (error: Error) => {
        if (error.name !== 'StoreError') sim.complain('unexpected-error', String(error.stack));
      },
    );
  }
}

/** Segments come up faster than a tenth of all calls failing lets the others write them. */
export async function sparedMaintainer(sim: Simulation): Promise<void> {
  const instance = sim.fleet.spared();
  while (!sim.writersDone()) {
    await sim.pause(1_500);
    await maintain(sim, instance, 0);
  }
}

/** What is compacted, what is free: after all faults, everything that can go goes before the last reads. */
export async function maintainAtLast(sim: Simulation): Promise<void> {
  for (let runs = 0; runs < 4; runs++) {
    await maintain(sim, sim.fleet.fresh(), (runs + 1) * 10 * hourMs);
  }
}

async function maintain(sim: Simulation, instance: Instance, skewMs: number): Promise<void> {
  const world = inFastTime(instance.world, skewMs);
  // Room for all keys, or for most of them.
  const dedupeBytesMax = sim.options.compacting ? sim.oneOf([1_500, 100_000]) : 0;
  const own = { ...settings, dedupeBytesMax };
  const { run } = createMaintenance(
    countingMerges(sim, instance.jobStores),
    sim.codecs,
    world,
    own,
  );
  const { segments, bucketsDeleted, recordsExpired, recordsCompacted, failures } = await run();
  sim.count('segment', segments);
  sim.count('hour deleted', bucketsDeleted);
  sim.count('record expired', recordsExpired);
  sim.count('record compacted', recordsCompacted);
  for (const failure of failures) {
    if (!/StoreError|CorruptData/.test(failure)) sim.complain('unexpected-error', failure);
  }
}

/** Of either kind: also key compaction makes one segment of several. */
function countingMerges(sim: Simulation, stores: Stores): Stores {
  return withIndex(stores, (index) => ({
    async replacePages(ref, leadership, replacement) {
      const outcome = await index.replacePages(ref, leadership, replacement);
      const merged = replacement.replaces?.length ?? 0;
      if (outcome === 'replaced' && merged > 0) sim.count('segment merged', merged + 1);
      return outcome;
    },
  }));
}

function inFastTime(world: World, skewMs: number): World {
  const nowMs = () => manualStartMs + (world.clock.nowMs() - manualStartMs) * timesFaster + skewMs;
  return { ...world, clock: { ...world.clock, nowMs } };
}

/** Now to some place that was written, now back to one that is long gone. */
export async function trimmer(sim: Simulation, log: string): Promise<void> {
  const process = `t${sim.unique()}`;
  while (!sim.writersDone()) {
    await sim.pause(3_000);
    const end = await trim(sim, process, log, 0);
    if (end !== undefined) await trim(sim, process, log, sim.pick(Math.ceil(end / 2) + 1));
  }
}
