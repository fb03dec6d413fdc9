/**
 * Actors that read: followers that wait at the end of the log and sometimes go back, readers who begin
 * at the start again and again, and the last one, who reads everything when all faults have ended.
 */

import type { Instance } from './fleet.js';
import { type ReadOutcome, read } from './requests.js';
import type { Simulation } from './simulation.js';

/** Who waits this long and was not told of what was there for most of that time was forgotten. */
const longWaitMs = 1_500;
const wakeGraceMs = 1_000;

export async function follower(sim: Simulation, log: string): Promise<void> {
  const process = `r${sim.unique()}`;
  let offset = 0;
  while (!sim.writersDone()) {
    await sim.pause(100);
    if (sim.chance(0.15)) offset = sim.pick(offset + 1);
    const bytesMax = sim.oneOf([1, 300, 3_000]);
    const waitMs = sim.oneOf([0, 80, longWaitMs]);
    const instance = sim.fleet.pick();
    const fromMs = sim.world.clock.nowMs();
    const outcome = await read(sim, process, log, { offset, bytesMax, waitMs }, instance);
    if (waitMs === longWaitMs) judgeWait(sim, log, offset, fromMs, instance, outcome);
    if (outcome.kind === 'ok') offset = outcome.nextOffset;
    else if (outcome.kind === 'fail') offset = outcome.earliest ?? offset;
  }
}

function judgeWait(
  sim: Simulation,
  log: string,
  offset: number,
  fromMs: number,
  instance: Instance,
  outcome: ReadOutcome,
): void {
  if (outcome.kind !== 'ok' || outcome.nextOffset > offset) return;
  const ackedMs = sim.ackedMs(log, offset);
  const undisturbed = instance.alive() && instance.disturbedMs() < fromMs;
  const waited = sim.world.clock.nowMs() - Math.max(fromMs, ackedMs ?? Number.POSITIVE_INFINITY);
  if (undisturbed && waited > wakeGraceMs) {
    sim.complain('lost-wake-up', `a reader of ${log} at ${offset} was not told for ${waited} ms`);
  }
}

export async function readerFromStart(sim: Simulation, log: string): Promise<void> {
  const process = `b${sim.unique()}`;
  while (!sim.writersDone()) {
    const bytesMax = sim.oneOf([300, 2_000, 6_000]);
    for (let [offset, end] = [0, 1]; offset < end && !sim.writersDone(); ) {
      const outcome = await read(sim, process, log, { offset, bytesMax, waitMs: 0 });
      if (outcome.kind === 'ok') [offset, end] = [outcome.nextOffset, outcome.highWatermark];
      else if (outcome.kind === 'fail' && outcome.earliest !== undefined) {
        offset = outcome.earliest;
        end = Math.max(end, offset + 1);
      }
      if (outcome.kind !== 'ok') await sim.pause(50);
    }
    await sim.pause(1_500);
  }
}

/** Reads the whole log from an instance that knows nothing yet, and then places in it at random. */
export async function finalReader(sim: Simulation, log: string): Promise<void> {
  const process = `final/${log}`;
  const instance = sim.fleet.fresh();
  const bytesMax = sim.oneOf([1, 700, 10_000]);
  let offset = 0;
  for (let ended = false; !ended; ) {
    const request = { offset, bytesMax, waitMs: 0, final: true };
    const outcome = await read(sim, process, log, request, instance);
    if (outcome.kind === 'fail' && (outcome.earliest ?? offset) > offset) {
      offset = outcome.earliest ?? offset;
      continue;
    }
    if (outcome.kind !== 'ok') {
      const why = outcome.kind === 'fail' ? outcome.code : outcome.kind;
      return sim.complain('unreadable', `${log} cannot be read at ${offset}: ${why}`);
    }
    ended = outcome.nextOffset >= outcome.highWatermark || outcome.nextOffset <= offset;
    offset = outcome.nextOffset;
  }
  for (let places = 0; places < 30; places++) {
    const request = { offset: sim.pick(offset + 1), bytesMax: 1, waitMs: 0 };
    await read(sim, `${process}/places`, log, request, instance);
  }
}
