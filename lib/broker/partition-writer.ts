/**
 * Commits the batches of one flush to one partition: one conditional update for all of them, and again
 * only for what the head refused. Knows the instance's own sequence, so that a commit whose reply was
 * lost is recognised instead of repeated. Commits of one partition never overlap in one process.
 */

import {
  type LaidOutBatch,
  type NumberedBatch,
  type PendingBatch,
  planEntry,
  takeCommittable,
} from '../log/append-plan.js';
import { assertNever } from '../log/assert.js';
import {
  type Admission,
  type CommitRequest,
  explainRefusal,
  findCommitted,
} from '../log/commit.js';
import { tailEntriesOverdue, tailEntriesPerPage } from '../log/limits.js';
import type { PartitionHead, PartitionRef } from '../log/partition-head.js';
import { isDuring, type TimeSpan } from '../log/time-span.js';
import type { PartitionIndex } from '../store/partition-index.js';
import { StoreError } from '../store/store-error.js';
import type { World } from '../store/world.js';
import { judgeBatches } from './batch-verdicts.js';
import { BrokerError, brokerErrorOf, type SideEffects, withSideEffects } from './broker-error.js';
import { type ConditionRefusal, conditionError } from './condition-error.js';
import { createOwnProducer } from './own-producer.js';
import { createTicket, type Ticket } from './ticket.js';

export type PartitionWriter = {
  /** Settles every batch, but for those returned: these have to be uploaded again. */
  commit(
    objectKey: string,
    walBucket: number,
    batches: readonly LaidOutBatch<Ticket>[],
    patience: TimeSpan,
  ): Promise<readonly Ticket[]>;
  /** The WAL bucket below which this partition takes nothing, as far as is known. */
  walFloor(): number;
};

export type WriterDeps = {
  readonly index: PartitionIndex;
  readonly world: World;
  committed(ref: PartitionRef, head: PartitionHead): void;
  /** The partition is gone: what is known of its topic is out of date. */
  vanished(ref: PartitionRef): void;
  roll(ref: PartitionRef, head: PartitionHead): void;
  rollNow(ref: PartitionRef, head: PartitionHead): Promise<void>;
};

type Numbered = LaidOutBatch<NumberedBatch & Ticket>;

/** What an attempt to commit a run leaves to be done. */
type Step =
  | { readonly kind: 'settled'; readonly rest: readonly Numbered[] }
  | { readonly kind: 'again' }
  | { readonly kind: 'upload'; readonly rest: readonly Numbered[] };

const backoffMsMax = 1_000;
const tailFullPauseMsMax = 50;
const helpAfterFull = 3;

export function createPartitionWriter(ref: PartitionRef, deps: WriterDeps): PartitionWriter {
  const { index, world } = deps;
  let own = createOwnProducer(world);
  let evictions = 0;
  let walFloor = 0;
  let admissions: Record<string, Admission> = {};
  /** Of the batches at hand, those that are numbered here, as they came. */
  let originals = new Map<PendingBatch, Ticket>();
  /** Batches with an attempt of which nobody knows whether it took effect, or still will. */
  let doubtful = new Set<PendingBatch>();
  /** Batches whose last refusal left open whether they are committed: a store may have asked twice. */
  let undecided = new Set<PendingBatch>();
  const effectOf = (batch: PendingBatch): SideEffects => (doubtful.has(batch) ? 'unknown' : 'none');
  /** How often the tail was full since a commit was taken: kept from flush to flush, or nobody helps. */
  let foundFull = 0;

  /** Numbers what has no producer; what is numbered keeps its number for this object's attempts. */
  function number(run: readonly LaidOutBatch<Ticket>[]): Numbered[] {
    return run.map(({ batch, position }) => {
      if (batch.producer) return { batch: batch as Numbered['batch'], position };
      const producer = own.number(batch.recordCount);
      const numbered = createTicket(batch, producer, batch.settle) as Numbered['batch'];
      originals.set(numbered, batch);
      return { batch: numbered, position };
    });
  }

  function requestFor(objectKey: string, bucket: number, run: readonly Numbered[]): CommitRequest {
    const entry = planEntry(objectKey, run);
    for (const { producer, baseSequence } of entry.stamps) {
      // Nobody can have been parked before the first eviction, nor a producer that never wrote.
      const neverWrote = producer === own.name && !own.sent;
      if (baseSequence === 0 && (evictions === 0 || neverWrote)) {
        admissions[producer] ??= { evictions, parked: null };
      }
      if (producer === own.name) own.sent = true;
    }
    const { expectedNextOffset, fencingToken } = run[0]?.batch ?? {};
    return {
      entry,
      walBucket: bucket,
      admissions,
      ...(expectedNextOffset !== undefined && { expectedNextOffset }),
      ...(fencingToken !== undefined && { fencingToken }),
    };
  }

  function succeed(run: readonly Numbered[], baseOffset: number, head: PartitionHead): void {
    let next = baseOffset;
    for (const { batch } of run) {
      const highWatermark = head.nextOffset;
      batch.settle({ kind: 'appended', baseOffset: next, duplicate: false, highWatermark });
      next += batch.recordCount;
    }
    deps.committed(ref, head);
    // Whoever brings the tail to the mark rolls; the second mark is for a roller that died.
    const { length } = head.tail;
    if (length === tailEntriesPerPage || length === tailEntriesOverdue) deps.roll(ref, head);
  }

  /** All at once: what is found holds until the next eviction, and one after another many would never be in time. */
  async function admit(producers: readonly string[], head: PartitionHead): Promise<void> {
    const { evictions } = head;
    const find = async (producer: string) => {
      const parked = await index.findParkedProducer(ref, producer);
      admissions[producer] = { evictions, parked: parked ?? null };
    };
    await Promise.all(producers.map(find));
  }

  async function afterRefusal(
    request: CommitRequest,
    run: readonly Numbered[],
    head: PartitionHead,
  ): Promise<Step> {
    learn(head);
    // It may hold what a lost reply did not tell of: readers are waiting for that.
    deps.committed(ref, head);
    const committed = findCommitted(head, request.entry);
    if (committed) {
      succeed(run, committed.baseOffset, head);
      return { kind: 'settled', rest: [] };
    }
    const refusal = explainRefusal(head, request);
    undecided = new Set(refusal.kind === 'needsAdmission' ? run.map(({ batch }) => batch) : []);
    switch (refusal.kind) {
      case 'stamps':
        return { kind: 'settled', rest: judge(request, run, head) };
      case 'needsAdmission':
        await admit(refusal.producers, head);
        return { kind: 'again' };
      case 'tailFull':
        // Somebody is probably rolling. Only who finds the tail full again and again helps.
        foundFull++;
        if (foundFull % helpAfterFull === 0) await deps.rollNow(ref, head);
        else await world.clock.sleep(world.random() * tailFullPauseMsMax * foundFull);
        return { kind: 'again' };
      case 'belowWalFloor':
        // What is decided by now is not uploaded again; what is not can only take effect anew.
        return { kind: 'upload', rest: judge(request, run, head) };
      case 'closed':
      case 'expectedOffset':
      case 'fencingToken':
        refuse(request, run, refusal);
        return { kind: 'settled', rest: [] };
      case 'none':
        // The store and the rule disagree, which nobody should meet: at least do not spin.
        await world.clock.sleep(world.random() * tailFullPauseMsMax);
        return { kind: 'again' };
      default:
        return assertNever(refusal);
    }
  }

  function learn(head: PartitionHead): void {
    evictions = head.evictions;
    walFloor = Math.max(walFloor, head.walFloor);
  }

  function judge(request: CommitRequest, run: readonly Numbered[], head: PartitionHead) {
    const { admissions: known } = request;
    const { rest, ownLost } = judgeBatches(head, known, run, own.name, effectOf);
    if (ownLost) own = createOwnProducer(world);
    return rest;
  }

  function refuse(
    { expectedNextOffset = 0 }: CommitRequest,
    run: readonly Numbered[],
    refusal: ConditionRefusal,
  ): void {
    // The log never ends there again, and our own row shows that it was not this batch that moved it.
    const passed = refusal.kind === 'expectedOffset' && refusal.nextOffset > expectedNextOffset;
    for (const { batch } of run) {
      const certain = passed && batch.producer.producer === own.name;
      const sideEffects = certain ? 'none' : effectOf(batch);
      batch.settle(failed(withSideEffects(conditionError(refusal), sideEffects)));
    }
    forgetNumbers(run);
  }

  /** Numbers that were given but never committed would leave a gap: start as somebody else. */
  function forgetNumbers(run: readonly Numbered[]): void {
    if (run.some(({ batch }) => batch.producer.producer === own.name)) {
      own = createOwnProducer(world);
    }
  }

  async function attempt(request: CommitRequest, run: readonly Numbered[]): Promise<Step> {
    const outcome = await index.commit(ref, request).catch((error) => {
      const harmless = error instanceof StoreError && error.effect === 'none';
      if (!harmless) for (const { batch } of run) doubtful.add(batch);
      throw error;
    });
    if (outcome.kind === 'committed') {
      learn(outcome.head);
      foundFull = 0;
      succeed(run, outcome.baseOffset, outcome.head);
      return { kind: 'settled', rest: [] };
    }
    if (outcome.kind === 'refused') return afterRefusal(request, run, outcome.head);
    deps.vanished(ref);
    throw new BrokerError('UNKNOWN_TOPIC_OR_PARTITION', 'The partition does not exist any more.');
  }

  /** Tries until the head has said yes or no, or time is up. */
  async function settleRun(
    objectKey: string,
    bucket: number,
    run: readonly Numbered[],
    patience: TimeSpan,
  ): Promise<Step> {
    let failure: StoreError | undefined;
    for (let tries = 0; ; tries++) {
      try {
        const step = await attempt(requestFor(objectKey, bucket, run), run);
        if (step.kind !== 'again') return step;
        failure = undefined;
      } catch (error) {
        if (!(error instanceof StoreError) || isFinal(error)) throw error;
        failure = error;
        await world.clock.sleep(world.random() * Math.min(backoffMsMax, 20 * 2 ** tries));
      }
      if (!isDuring(patience, world.clock.nowMs())) {
        throw failure ?? new BrokerError('REQUEST_TIMED_OUT', 'The commit found no end in time.');
      }
    }
  }

  /**
   * For another upload. Numbers of our own are taken back: batches that are numbered meanwhile would
   * leave gaps, and a gap inside a run makes a batch look committed that is not.
   */
  function sendBack(batches: readonly LaidOutBatch<Ticket>[]): Ticket[] {
    own = createOwnProducer(world);
    return batches.map(({ batch }) => originals.get(batch) ?? batch);
  }

  return {
    walFloor: () => walFloor,
    async commit(objectKey, walBucket, batches, patience) {
      let left: readonly LaidOutBatch<Ticket>[] = batches;
      admissions = {};
      doubtful = new Set();
      undecided = new Set();
      originals = new Map();
      while (left.length > 0) {
        const run = number(takeCommittable(left));
        left = left.slice(run.length);
        try {
          const step = await settleRun(objectKey, walBucket, run, patience);
          if (step.kind === 'upload') return sendBack([...step.rest, ...left]);
          if (step.kind === 'settled') left = [...step.rest, ...left];
        } catch (error) {
          const reason = brokerErrorOf(error);
          for (const { batch } of [...run, ...left]) {
            const sideEffects = undecided.has(batch) ? 'unknown' : effectOf(batch);
            batch.settle(failed(withSideEffects(reason, sideEffects)));
          }
          own = createOwnProducer(world);
          return [];
        }
      }
      return [];
    },
  };
}

function failed(error: BrokerError): { kind: 'failed'; error: BrokerError } {
  return { kind: 'failed', error };
}

/** Waiting does not help: rights and disk space do not come back by themselves. */
function isFinal({ reason, effect }: StoreError): boolean {
  return effect === 'none' && (reason === 'denied' || reason === 'full');
}
