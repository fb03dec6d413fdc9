/**
 * The writers in a run of the protocol: idempotent producers that retry until they know, plain ones that
 * do not, conditional ones, and a crowd of producers that write once and retry much later.
 */

import { acceptRecords } from '../../lib/broker/accept-batches.js';
import type { BatchResult } from '../../lib/broker/batch-verdicts.js';
import type { Broker } from '../../lib/broker/broker.js';
import type { ErrorCode } from '../../lib/broker/broker-error.js';
import type { PendingBatch } from '../../lib/log/append-plan.js';
import type { PartitionRef } from '../../lib/log/partition-head.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { foundIn, type Sent } from './protocol-history.js';
import type { Run } from './protocol-run.js';

const text = new TextEncoder();
const attemptsMax = 200;

type Producer = { readonly id: number; readonly epoch: number; readonly baseSequence: number };

type Wanted = {
  readonly writer: string;
  readonly partition: number;
  readonly producer?: Producer;
  readonly expectedNextOffset?: number;
};

function newBatch(run: Run, wanted: Wanted): Sent {
  const name = `${wanted.writer}.${run.steps++}`;
  return run.history.send({ ...wanted, name, recordCount: 1 + run.pick(3) });
}

function pendingOf(run: Run, sent: Sent): PendingBatch {
  const nowMs = run.world.clock.nowMs();
  const ref = run.refs[sent.partition] as PartitionRef;
  const records = Array.from({ length: sent.recordCount }, (_, i) => ({
    key: null,
    value: text.encode(`${sent.name}#${i}`),
    headers: [],
    timestampMs: nowMs,
  }));
  const { producer, expectedNextOffset } = sent;
  const pending = acceptRecords(
    ref,
    records,
    nodeCodecs,
    nowMs,
    producer && {
      producerId: producer.id,
      producerEpoch: producer.epoch,
      baseSequence: producer.baseSequence,
    },
  );
  return { ...pending, ...(expectedNextOffset !== undefined && { expectedNextOffset }) };
}

/** Sends in order without waiting in between: in one request or in several. */
async function sendAll(run: Run, broker: Broker, all: readonly Sent[]): Promise<BatchResult[]> {
  const pending = all.map((sent) => pendingOf(run, sent));
  const answers =
    run.random() < 0.3
      ? await broker.append(pending)
      : (await Promise.all(pending.map((batch) => broker.append([batch])))).flat();
  all.forEach((sent, i) => {
    run.history.answer(sent, answers[i] as BatchResult);
  });
  return [...answers];
}

/** P7: what was acknowledged is there for a read that begins now, wherever it asks. */
async function probe(run: Run, sent: Sent): Promise<void> {
  if (sent.ackedAt === undefined || run.random() < 0.8) return;
  const ref = run.refs[sent.partition] as PartitionRef;
  const request = { offset: sent.ackedAt, bytesMax: 1, waitMs: 0 };
  try {
    const { batches } = await run.oneOf(run.brokers).fetch(ref, request);
    const name = batches[0] && foundIn(batches[0]).name;
    if (name !== sent.name) run.history.complaints.push(`P7 ${sent.name} is not seen, but ${name}`);
  } catch (error) {
    if ((error as Error).name !== 'StoreError') run.history.complaints.push(`probe: ${error}`);
  }
}

export async function idempotentWriter(run: Run, partition: number, rounds: number): Promise<void> {
  const id = run.steps++;
  const writer = `i${id}`;
  let [epoch, nextSequence] = [0, 0];
  let zombies: Sent[] = [];
  for (let round = 0; round < rounds; round++) {
    const batches = Array.from({ length: 1 + run.pick(4) }, () => {
      const producer = { id, epoch, baseSequence: nextSequence };
      const sent = newBatch(run, { writer, partition, producer });
      nextSequence += sent.recordCount;
      return sent;
    });
    const attempts = run.random() < 0.1 ? 1 : attemptsMax;
    const left = await retry(run, batches, attempts);
    if (left.length > 0 && attempts > 1) {
      run.history.complaints.push(`${left[0]?.name} is never taken`);
      return;
    }
    for (const sent of batches) await probe(run, sent);
    if (left.length === 0) await sendZombies(run, zombies, epoch);
    // What is not known to be written is given up: a new epoch begins, as after a restart.
    if (left.length > 0 || run.random() < 0.05) {
      zombies = [...zombies, ...left];
      epoch++;
      nextSequence = 0;
    }
    if (run.random() < 0.2) await run.pause(300);
  }
}

/** In order, all that is not yet acknowledged, at any broker, until all of it is. */
async function retry(run: Run, batches: readonly Sent[], attempts: number): Promise<Sent[]> {
  let left = [...batches];
  for (let attempt = 0; attempt < attempts && left.length > 0; attempt++) {
    const again = run.random() < 0.1 ? [...batches] : left;
    const answers = await sendAll(run, run.oneOf(run.brokers), again);
    for (const answer of answers) {
      if (answer.kind === 'failed') judgeRetry(run, batches, answer.error.code);
    }
    left = again.filter((sent) => sent.ackedAt === undefined);
    if (left.length > 0) await run.pause(40);
  }
  return left;
}

/** With fewer than five batches under way, these mean that the log forgot a producer. */
const forgotten: readonly ErrorCode[] = ['DUPLICATE_SEQUENCE_NUMBER', 'INVALID_PRODUCER_EPOCH'];

function judgeRetry(run: Run, batches: readonly Sent[], code: ErrorCode): void {
  const wrote = batches[0]?.producer?.baseSequence !== 0 || batches[0]?.ackedAt !== undefined;
  if (forgotten.includes(code) || (code === 'UNKNOWN_PRODUCER_ID' && wrote)) {
    run.history.complaints.push(`P5 a good producer was told ${code}`);
  }
}

/** P6: the present epoch has been acknowledged, so what an older one sends now has no effect. */
async function sendZombies(run: Run, zombies: readonly Sent[], epoch: number): Promise<void> {
  const old = zombies.filter(({ producer }) => (producer?.epoch ?? 0) < epoch);
  if (old.length === 0 || run.random() < 0.5) return;
  const pending = old.map((sent) => pendingOf(run, sent));
  for (const answer of await run.oneOf(run.brokers).append(pending)) {
    if (answer.kind === 'appended') run.history.complaints.push('P6 a fenced epoch was answered');
  }
}

export async function plainWriter(run: Run, partition: number, rounds: number): Promise<void> {
  const writer = `p${run.steps++}`;
  for (let round = 0; round < rounds * 2; round++) {
    const batches = Array.from({ length: 1 + run.pick(4) }, () =>
      newBatch(run, { writer, partition }),
    );
    await sendAll(run, run.oneOf(run.brokers), batches);
    for (const sent of batches) await probe(run, sent);
    if (run.random() < 0.2) await run.pause(200);
  }
}

export async function conditionalWriter(
  run: Run,
  partition: number,
  rounds: number,
): Promise<void> {
  const writer = `c${run.steps++}`;
  const ref = run.refs[partition] as PartitionRef;
  for (let round = 0; round < rounds * 2; round++) {
    const head = await run.truth.index.readHead(ref);
    // Below the end, at it, or beyond it, where the log may come to end later.
    const expectedNextOffset = Math.max(0, (head?.nextOffset ?? 0) + run.oneOf([-1, 0, 0, 1, 4]));
    const sent = newBatch(run, { writer, partition, expectedNextOffset });
    await sendAll(run, run.oneOf(run.brokers), [sent]);
    await run.pause(40);
  }
}

/** Sixteen new producers at a time; each repeats its only batch once the others have crowded it out. */
export async function crowd(run: Run, partition: number, rounds: number): Promise<void> {
  const everybody: Sent[] = [];
  for (let round = 0; round < rounds; round++) {
    const batches = Array.from({ length: 16 }, () => {
      const id = 1_000 + run.steps;
      const producer = { id, epoch: 0, baseSequence: 0 };
      return newBatch(run, { writer: `k${id}`, partition, producer });
    });
    everybody.push(...batches);
    await retry(run, batches, attemptsMax);
    const again = everybody.filter(() => run.random() < 0.1);
    await retry(run, again, attemptsMax);
    for (const sent of again) await sendAll(run, run.oneOf(run.brokers), [sent]);
    await run.pause(200);
  }
}
