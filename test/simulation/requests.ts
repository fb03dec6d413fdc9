/**
 * What clients do: send requests to some instance, wait for so long and no longer, and write down what
 * they were told. Of an answer that never comes they know nothing.
 */

import { acceptAppend } from '../../lib/broker/accept-records.js';
import type { BatchResult } from '../../lib/broker/batch-verdicts.js';
import { type BrokerError, brokerErrorOf } from '../../lib/broker/broker-error.js';
import type { Append, Value } from '../../lib/checker/history.js';
import type { PartitionRef } from '../../lib/log/partition-head.js';
import type { PendingAppend } from '../../lib/log/shared-batch.js';
import type { Instance } from './fleet.js';
import type { Simulation } from './simulation.js';
import { keysOf, recordOf, recordsIn } from './stored-values.js';

const requestTimeoutMs = 4_000;

/** Undefined when nobody answered: the instance died, froze, or the answer was lost on its way. */
export async function ask<T>(
  sim: Simulation,
  instance: Instance,
  act: (instance: Instance) => Promise<T>,
): Promise<T | undefined> {
  instance.begin();
  const work = serve(instance, act);
  const patience = sim.world.clock.sleep(requestTimeoutMs);
  // What fails after nobody waits for it any more is no concern of anybody.
  work.catch(() => undefined);
  const answer = await Promise.race([work, instance.died, patience]);
  return sim.lost() ? undefined : (answer as T | undefined);
}

async function serve<T>(instance: Instance, act: (instance: Instance) => Promise<T>): Promise<T> {
  try {
    return await act(instance);
  } finally {
    // A Lambda answers when nothing is left to be done: it stands still afterwards.
    if (instance.kind === 'lambda') await instance.broker.idle();
    instance.end();
  }
}

export type Batch = { readonly process: string; readonly append: Append };

export type Outcome =
  | { readonly kind: 'ok'; readonly baseOffset: number }
  | { readonly kind: 'fail'; readonly code: string }
  | { readonly kind: 'unknown' };

/** Names for the records of a new batch. */
export function newValues(sim: Simulation, writer: string, countMax = 3): readonly Value[] {
  const name = `${writer}.${sim.unique()}`;
  return Array.from({ length: 1 + sim.pick(countMax) }, (_, i) => `${name}#${i}`);
}

/** Sends batches in order without waiting in between: in one request, or one after another. */
export async function append(sim: Simulation, batches: readonly Batch[]): Promise<Outcome[]> {
  const instance = sim.fleet.pick(batches.length > 1);
  if (batches.length > 1 && sim.chance(0.3)) return appendTogether(sim, instance, batches);
  const answers = await Promise.all(batches.map((batch) => appendTogether(sim, instance, [batch])));
  return answers.flat();
}

/** One request. */
export async function appendTogether(
  sim: Simulation,
  instance: Instance,
  batches: readonly Batch[],
): Promise<Outcome[]> {
  const completions = batches.map(({ process, append }) =>
    sim.history.invoke(process, { ...append, ...(sim.options.compacting && keysOf(append)) }),
  );
  sim.count('append', batches.length);
  let results: readonly BatchResult[] | undefined;
  try {
    const pending = batches.map(({ append }) => pendingOf(sim, instance, append));
    results = await ask(sim, instance, ({ broker }) => broker.append(pending));
  } catch (error) {
    const failed = { kind: 'failed', error: brokerErrorOf(error) } as const;
    results = batches.map(() => failed);
  }
  return batches.map((_, i) => {
    const outcome = outcomeOf(sim, results?.[i]);
    const complete = completions[i] as (typeof completions)[number];
    if (outcome.kind === 'ok') {
      complete({ type: 'ok', op: 'append', baseOffset: outcome.baseOffset });
    } else if (outcome.kind === 'fail') complete({ type: 'fail', code: outcome.code });
    else complete({ type: 'unknown' });
    return outcome;
  });
}

function outcomeOf(sim: Simulation, result: BatchResult | undefined): Outcome {
  if (!result) return { kind: 'unknown' };
  if (result.kind === 'appended') return { kind: 'ok', baseOffset: result.baseOffset };
  const { code, sideEffects } = result.error;
  // No store fails in a way that is not known: an instance lost its own row of numbers.
  if (code === 'UNKNOWN_SERVER_ERROR') sim.complain('unexpected-error', describe(result.error));
  return sideEffects === 'none' ? { kind: 'fail', code } : { kind: 'unknown' };
}

function describe({ message, cause }: BrokerError): string {
  return cause instanceof Error ? `${message} ${cause.stack}` : message;
}

function pendingOf(sim: Simulation, instance: Instance, wanted: Append): PendingAppend {
  const timestampMs = sim.world.clock.nowMs();
  const records = wanted.values.map((value) => recordOf(sim, value, timestampMs));
  const { producer, expectedOffset: expectedNextOffset, fencingToken } = wanted;
  const nowMs = instance.world.clock.nowMs();
  return acceptAppend(sim.refOf(wanted.log), records, sim.codecs, nowMs, {
    producer: producer && {
      producerId: producer.producerId,
      producerEpoch: producer.epoch,
      baseSequence: producer.baseSequence,
    },
    expectedNextOffset,
    fencingToken,
  });
}

export type ReadRequest = {
  readonly offset: number;
  readonly bytesMax: number;
  readonly waitMs: number;
  readonly final?: boolean;
};

export type ReadOutcome =
  | {
      readonly kind: 'ok';
      readonly records: readonly (readonly [offset: number, value: Value])[];
      readonly nextOffset: number;
      readonly highWatermark: number;
    }
  /** `earliest`: where the log begins, to who asked below it. */
  | { readonly kind: 'fail'; readonly code: string; readonly earliest?: number }
  | { readonly kind: 'unknown' };

export async function read(
  sim: Simulation,
  process: string,
  log: string,
  request: ReadRequest,
  instance = sim.fleet.pick(),
): Promise<ReadOutcome> {
  const { offset, bytesMax, waitMs, final } = request;
  const complete = sim.history.invoke(process, {
    op: 'read',
    log,
    offset,
    ...(final && { final }),
  });
  sim.count('read', 1);
  try {
    const ref: PartitionRef = sim.refOf(log);
    const result = await ask(sim, instance, ({ broker }) =>
      broker.fetch(ref, { offset, bytesMax, waitMs }),
    );
    if (!result) {
      complete({ type: 'unknown' });
      return { kind: 'unknown' };
    }
    const { nextOffset, highWatermark, logStartOffset } = result;
    const records = recordsIn(result.batches);
    complete({ type: 'ok', op: 'read', records, nextOffset, highWatermark, logStartOffset });
    return { kind: 'ok', records, nextOffset, highWatermark };
  } catch (error) {
    const { code, message, details } = brokerErrorOf(error);
    if (code === 'UNKNOWN_SERVER_ERROR') sim.complain('unexpected-error', `${message} ${error}`);
    const { earliest } = details;
    const failed = { code, ...(typeof earliest === 'number' && { earliest }) };
    complete({ type: 'fail', ...failed });
    return { kind: 'fail', ...failed };
  }
}

/** Where the log ended when it was done. */
export async function trim(
  sim: Simulation,
  process: string,
  log: string,
  offset: number,
): Promise<number | undefined> {
  const complete = sim.history.invoke(process, { op: 'trim', log, offset });
  sim.count('trim', 1);
  try {
    const head = await ask(sim, sim.fleet.pick(), ({ broker }) =>
      broker.trim(sim.refOf(log), offset),
    );
    if (!head) complete({ type: 'unknown' });
    else complete({ type: 'ok', op: 'trim', logStartOffset: head.logStartOffset });
    return head?.nextOffset;
  } catch (error) {
    const { code, sideEffects } = brokerErrorOf(error);
    complete(sideEffects === 'none' ? { type: 'fail', code } : { type: 'unknown' });
    return undefined;
  }
}

export async function fence(
  sim: Simulation,
  process: string,
  log: string,
  token: string,
  expected?: string | null,
): Promise<Outcome['kind']> {
  const complete = sim.history.invoke(process, { op: 'fence', log, token });
  sim.count('fence', 1);
  try {
    const head = await ask(sim, sim.fleet.pick(), ({ broker }) =>
      broker.fence(sim.refOf(log), token, expected),
    );
    complete(head ? { type: 'ok', op: 'fence' } : { type: 'unknown' });
    return head ? 'ok' : 'unknown';
  } catch (error) {
    const { code, sideEffects } = brokerErrorOf(error);
    complete(sideEffects === 'none' ? { type: 'fail', code } : { type: 'unknown' });
    return sideEffects === 'none' ? 'fail' : 'unknown';
  }
}
