/**
 * Actors that append: idempotent producers that retry until they know, and their zombies; plain ones that
 * take what comes; and a crowd of producers that write once and retry much later.
 */

import type { Append } from '../../lib/checker/history.js';
import { append, appendTogether, type Batch, newValues, type Outcome, read } from './requests.js';
import type { Simulation } from './simulation.js';

const attemptsMax = 200;

/** With fewer than five batches under way, these mean that the log forgot a producer. */
const forgotten = ['DUPLICATE_SEQUENCE_NUMBER', 'INVALID_PRODUCER_EPOCH'];

type Sent = Batch & { ackedAt?: number };

export async function idempotentProducer(sim: Simulation, log: string): Promise<void> {
  const producerId = sim.unique();
  const writer = `i${producerId}`;
  let [epoch, nextSequence] = [0, 0];
  let zombies: Sent[] = [];
  for (let round = 0; round < sim.options.rounds; round++) {
    const batches = Array.from({ length: 1 + sim.pick(4) }, (_, slot): Sent => {
      const values = newValues(sim, writer);
      const producer = { producerId, epoch, baseSequence: nextSequence };
      nextSequence += values.length;
      return { process: `${writer}/${slot}`, append: { op: 'append', log, values, producer } };
    });
    const attempts = sim.chance(0.1) ? 1 : attemptsMax;
    const left = await retry(sim, batches, attempts);
    if (left.length > 0 && attempts > 1) {
      return sim.complain('never-taken', `${left[0]?.append.values[0]} is never taken`);
    }
    for (const sent of batches) await probe(sim, sent);
    if (left.length === 0) await sendZombies(sim, zombies, epoch);
    // What is not known to be written is given up: a new epoch begins, as after a restart.
    if (left.length > 0 || sim.chance(0.05)) {
      zombies = [...zombies, ...left];
      epoch++;
      nextSequence = 0;
    }
    if (sim.chance(0.2)) await sim.pause(sim.options.thinkMs);
  }
}

/** In order, all that is not yet acknowledged, at any instance, until all of it is. */
async function retry(sim: Simulation, batches: readonly Sent[], attempts: number): Promise<Sent[]> {
  let left = [...batches];
  for (let attempt = 0; attempt < attempts && left.length > 0; attempt++) {
    const again = sim.chance(0.1) ? [...batches] : left;
    const outcomes = await append(sim, again);
    for (const [i, sent] of again.entries())
      noteOutcome(sim, sent, outcomes[i] as Outcome, batches[0]);
    left = again.filter((sent) => sent.ackedAt === undefined);
    if (left.length > 0) await sim.pause(Math.min(2_000, 20 * 2 ** attempt));
  }
  return left;
}

function noteOutcome(sim: Simulation, sent: Sent, outcome: Outcome, first?: Sent): void {
  if (outcome.kind === 'ok') sent.ackedAt = outcome.baseOffset;
  if (outcome.kind !== 'fail') return;
  const wrote = first?.append.producer?.baseSequence !== 0 || first.ackedAt !== undefined;
  if (forgotten.includes(outcome.code) || (outcome.code === 'UNKNOWN_PRODUCER_ID' && wrote)) {
    sim.complain('producer-forgotten', `${sent.append.values[0]} was told ${outcome.code}`);
  }
}

/** What was acknowledged is there for a read that begins now, wherever it asks. */
async function probe(sim: Simulation, { process, append: { log }, ackedAt }: Sent): Promise<void> {
  if (ackedAt === undefined || sim.chance(0.7)) return;
  await read(sim, process, log, { offset: ackedAt, bytesMax: 1, waitMs: 0 });
}

/** What an older epoch sends once a newer one has been acknowledged must have no effect. */
async function sendZombies(
  sim: Simulation,
  zombies: readonly Sent[],
  epoch: number,
): Promise<void> {
  const old = zombies.filter((sent) => (sent.append.producer?.epoch ?? 0) < epoch);
  if (old.length === 0 || sim.chance(0.4)) return;
  for (const sent of old) await append(sim, [sent]);
}

export async function plainProducer(sim: Simulation, log: string): Promise<void> {
  const writer = `p${sim.unique()}`;
  for (let round = 0; round < sim.options.rounds * 2; round++) {
    const batches = Array.from({ length: 1 + sim.pick(4) }, (_, slot): Sent => {
      const values = newValues(sim, writer);
      return { process: `${writer}/${slot}`, append: { op: 'append', log, values } };
    });
    const outcomes = await append(sim, batches);
    for (const [i, sent] of batches.entries()) {
      const outcome = outcomes[i];
      if (outcome?.kind === 'ok') await probe(sim, { ...sent, ackedAt: outcome.baseOffset });
    }
    if (sim.chance(0.2)) await sim.pause(sim.options.thinkMs);
  }
}

/** Every request goes to all partitions at once; each of them answers for itself. */
export async function spreadingProducer(sim: Simulation): Promise<void> {
  const writer = `s${sim.unique()}`;
  for (let round = 0; round < sim.options.rounds; round++) {
    const batches = sim.logs.map((log): Batch => {
      const appended: Append = { op: 'append', log, values: newValues(sim, writer) };
      return { process: `${writer}/${log}`, append: appended };
    });
    await appendTogether(sim, sim.fleet.pick(), batches);
    await sim.pause(60);
  }
}

/** Sixteen new producers at a time; each repeats its only batch once the others have crowded it out. */
export async function crowd(sim: Simulation, log: string): Promise<void> {
  const everybody: Sent[] = [];
  for (let round = 0; round < sim.options.crowdRounds; round++) {
    const batches = Array.from({ length: 16 }, (): Sent => {
      const producer = { producerId: 1_000_000 + sim.unique(), epoch: 0, baseSequence: 0 };
      const process = `k${producer.producerId}`;
      return { process, append: { op: 'append', log, values: newValues(sim, process), producer } };
    });
    everybody.push(...batches);
    await retry(sim, batches, attemptsMax);
    const again = everybody.filter(() => sim.chance(0.1));
    await retry(sim, again, attemptsMax);
    await sim.pause(200);
  }
}
