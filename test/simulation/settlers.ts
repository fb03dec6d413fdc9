/**
 * Actors that make a topic grow while hours of WAL objects come and go, and write to the new partition at once:
 * it must not be possible to commit into an hour that clean-up has passed.
 */

import type { Append } from '../../lib/checker/history.js';
import { append, ask, type Batch, newValues } from './requests.js';
import type { Simulation } from './simulation.js';

const settlements = 3;
const attemptsMax = 40;

export async function settler(sim: Simulation): Promise<void> {
  const producerId = 2_000_000 + sim.unique();
  for (let place = 0; place < settlements; place++) {
    await sim.pause(2_000);
    const log = await grow(sim);
    if (log === undefined) continue;
    let baseSequence = 0;
    for (let round = 0; round < 4; round++) {
      const values = newValues(sim, `n${producerId}.${place}`);
      const producer = { producerId, epoch: 0, baseSequence };
      baseSequence += values.length;
      if (!(await settle(sim, { op: 'append', log, values, producer }))) {
        return sim.complain('never-taken', `${values[0]} is never taken by ${log}`);
      }
      await sim.pause(30);
    }
  }
}

/** The new partition's name. Undefined: it is not known whether there is one. */
async function grow(sim: Simulation): Promise<string | undefined> {
  const count = sim.logs.length + 1;
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const grown = await ask(sim, sim.fleet.pick(), ({ broker }) =>
      broker.topics.addPartitions('t', count),
    ).catch((error: Error) => {
      // Of an attempt whose answer was lost.
      if (/has \d+ partitions; it can get more/.test(error.message))
        return 'there already' as const;
      return undefined;
    });
    if (grown !== undefined) {
      sim.count('partition added', 1);
      return sim.addLog();
    }
    await sim.pause(200);
  }
  return undefined;
}

async function settle(sim: Simulation, wanted: Append): Promise<boolean> {
  const batch: Batch = { process: `${wanted.values[0]}`, append: wanted };
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const [outcome] = await append(sim, [batch]);
    if (outcome?.kind === 'ok') return true;
    await sim.pause(Math.min(2_000, 20 * 2 ** attempt));
  }
  return false;
}
