/**
 * Actors that append under a condition and race for it: only if the log ends where they think, or only
 * while the partition carries their fencing token.
 */

import { append, ask, type Batch, fence, newValues } from './requests.js';
import type { Simulation } from './simulation.js';

export async function expectedOffsetRacer(sim: Simulation, log: string): Promise<void> {
  const process = `e${sim.unique()}`;
  let end = 0;
  for (let round = 0; round < sim.options.rounds * 2; round++) {
    end = (await endOf(sim, log)) ?? end;
    // Below the end, at it, or beyond it, where the log may come to end later.
    const expectedOffset = Math.max(0, end + sim.oneOf([-1, 0, 0, 0, 1, 4]));
    const values = newValues(sim, process);
    await append(sim, [{ process, append: { op: 'append', log, values, expectedOffset } }]);
    await sim.pause(40);
  }
}

async function endOf(sim: Simulation, log: string): Promise<number | undefined> {
  try {
    const head = await ask(sim, sim.fleet.pick(), ({ broker }) => broker.head(sim.refOf(log)));
    return head?.nextOffset;
  } catch {
    return undefined;
  }
}

/** Takes the partition, writes while it is its own, and takes it back some time after it lost it. */
export async function fencingTokenRacer(sim: Simulation, log: string): Promise<void> {
  const process = `f${sim.unique()}`;
  for (let round = 0; round < sim.options.rounds; round++) {
    const token = `${process}.${sim.unique()}`;
    if ((await fence(sim, process, log, token)) === 'fail') continue;
    const writes = 1 + sim.pick(6);
    for (let i = 0; i < writes; i++) {
      const values = newValues(sim, process);
      const batch: Batch = { process, append: { op: 'append', log, values, fencingToken: token } };
      const [outcome] = await append(sim, [batch]);
      // A good client stops here; a stubborn one finds out again and again.
      if (outcome?.kind === 'fail' && sim.chance(0.5)) break;
      await sim.pause(30);
    }
    await sim.pause(80);
  }
}
