/**
 * What writers were told, and what must therefore be true of the log: the checker of the protocol test.
 * Every batch carries its own name in its records, so that the log itself says what it holds.
 */

import type { BatchResult } from '../../lib/broker/batch-verdicts.js';
import { endOf } from '../../lib/broker/read-batches.js';
import { readBatchHeader } from '../../lib/log/batch-header.js';
import { decodeRecords } from '../../lib/log/record-batch.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';

/** One batch that somebody wants in the log; an idempotent producer may try it more than once. */
export type Sent = {
  readonly name: string;
  readonly partition: number;
  /** In the order of sending, for one writer and partition. */
  readonly writer: string;
  readonly number: number;
  readonly recordCount: number;
  readonly producer?: {
    readonly id: number;
    readonly epoch: number;
    readonly baseSequence: number;
  };
  readonly expectedNextOffset?: number;
  ackedAt?: number;
  /** Some attempt had no certain end. */
  maybe: boolean;
};

/** A batch as it lies in the log. */
export type Found = {
  readonly name: string;
  readonly baseOffset: number;
  readonly nextOffset: number;
  readonly producerId: number;
  readonly epoch: number;
  readonly baseSequence: number;
};

const text = new TextDecoder();

export function foundIn(batch: Uint8Array): Found {
  const header = readBatchHeader(batch);
  const names = decodeRecords(batch, nodeCodecs).map(({ value }) =>
    text.decode(value ?? undefined),
  );
  const name = names[0]?.split('#')[0] ?? '';
  const wanted = names.map((_, i) => `${name}#${i}`);
  if (names.join() !== wanted.join()) throw new Error(`a batch is torn: ${names.join()}`);
  return {
    name,
    baseOffset: header.baseOffset,
    nextOffset: endOf(batch),
    producerId: header.producerId,
    epoch: header.producerEpoch,
    baseSequence: header.baseSequence,
  };
}

export type History = {
  readonly complaints: string[];
  send(sent: Omit<Sent, 'maybe' | 'number'>): Sent;
  answer(sent: Sent, result: BatchResult): void;
  /** A reader was served this, at some time. */
  saw(partition: number, found: Found): void;
  /** Compares all with the log as it is in the end. */
  check(partition: number, log: readonly Found[], nextOffset: number): void;
};

export function createHistory(): History {
  const complaints: string[] = [];
  const all: Sent[] = [];
  const seen: { partition: number; found: Found }[] = [];
  const complain = (complaint: string) => void complaints.push(complaint);

  return {
    complaints,
    send(sent) {
      const kept = { ...sent, number: all.length, maybe: false };
      all.push(kept);
      return kept;
    },
    answer(sent, result) {
      if (result.kind === 'failed') {
        if (result.error.sideEffects === 'unknown') sent.maybe = true;
        // No store fails in a way that is not known: an instance lost its own row of numbers.
        if (result.error.code === 'UNKNOWN_SERVER_ERROR') complain(`lost track of ${sent.name}`);
        return;
      }
      if (sent.ackedAt !== undefined && sent.ackedAt !== result.baseOffset) {
        complain(`P5 ${sent.name} was answered with ${sent.ackedAt} and ${result.baseOffset}`);
      }
      const { expectedNextOffset = result.baseOffset } = sent;
      if (result.baseOffset !== expectedNextOffset) {
        complain(`${sent.name} expected ${expectedNextOffset}, is at ${result.baseOffset}`);
      }
      if (result.highWatermark < result.baseOffset + sent.recordCount) {
        complain(`${sent.name} is above the high watermark it was told`);
      }
      sent.ackedAt = result.baseOffset;
    },
    saw: (partition, found) => void seen.push({ partition, found }),
    check(partition, log, nextOffset) {
      const mine = all.filter((sent) => sent.partition === partition);
      const served = seen.filter((s) => s.partition === partition).map(({ found }) => found);
      complaints.push(
        ...denseComplaints(log, nextOffset),
        ...placeComplaints(mine, log),
        ...readComplaints(served, log),
        ...sequenceComplaints(log),
        ...orderComplaints(mine),
      );
    },
  };
}

/** P2 and P3. */
function denseComplaints(log: readonly Found[], nextOffset: number): string[] {
  const complaints: string[] = [];
  let expected = 0;
  for (const found of log) {
    if (found.baseOffset !== expected) {
      complaints.push(`P2 ${found.name} is at ${found.baseOffset}, not at ${expected}`);
    }
    expected = found.nextOffset;
  }
  if (expected !== nextOffset) complaints.push(`P2 the log ends at ${expected}, not ${nextOffset}`);
  return complaints;
}

/** P1, P5 and P11: what is there is there once, and what was answered is true. */
function placeComplaints(all: readonly Sent[], log: readonly Found[]): string[] {
  const complaints: string[] = [];
  const places = new Map<string, Found>();
  for (const found of log) {
    const before = places.get(found.name);
    if (before)
      complaints.push(`P5 ${found.name} is at ${before.baseOffset} and ${found.baseOffset}`);
    places.set(found.name, found);
  }
  for (const sent of all) {
    const found = places.get(sent.name);
    if (sent.ackedAt !== undefined && found?.baseOffset !== sent.ackedAt) {
      complaints.push(
        `P1 ${sent.name}: acknowledged at ${sent.ackedAt}, is at ${found?.baseOffset}`,
      );
    }
    if (sent.ackedAt === undefined && !sent.maybe && found) {
      complaints.push(`P11 ${sent.name}: said to have had no effect, is at ${found.baseOffset}`);
    }
    if (found && found.nextOffset - found.baseOffset !== sent.recordCount) {
      complaints.push(`P3 ${sent.name} has other records than were sent`);
    }
  }
  return complaints;
}

/** P8: what a reader was served is what the log says for ever. */
function readComplaints(served: readonly Found[], log: readonly Found[]): string[] {
  const byOffset = new Map(log.map((found) => [found.baseOffset, found.name]));
  return served
    .filter(({ baseOffset, name }) => byOffset.get(baseOffset) !== name)
    .map(({ baseOffset, name }) => `P8 a reader saw ${name} at ${baseOffset}`);
}

/** P4, P5 and P6: a producer's sequences go up by one, its epochs only up. */
function sequenceComplaints(log: readonly Found[]): string[] {
  const complaints: string[] = [];
  const last = new Map<number, { epoch: number; nextSequence: number }>();
  for (const found of log) {
    const { producerId, epoch, baseSequence, name } = found;
    if (producerId < 0) continue;
    const before = last.get(producerId);
    const fresh = !before || epoch > before.epoch;
    const expected = fresh ? 0 : before.nextSequence;
    if (epoch < (before?.epoch ?? 0)) complaints.push(`P6 ${name} is behind a newer epoch`);
    else if (baseSequence !== expected) complaints.push(`P4 ${name}: expected ${expected}`);
    const nextSequence = baseSequence + found.nextOffset - found.baseOffset;
    last.set(producerId, { epoch, nextSequence });
  }
  return complaints;
}

/** P4 for everybody: acknowledged in the order of sending. */
function orderComplaints(all: readonly Sent[]): string[] {
  const complaints: string[] = [];
  const last = new Map<string, Sent>();
  for (const sent of all) {
    if (sent.ackedAt === undefined) continue;
    const before = last.get(sent.writer);
    if (before && (before.ackedAt as number) > sent.ackedAt) {
      complaints.push(`P4 ${sent.writer}: ${sent.name} is before ${before.name}`);
    }
    last.set(sent.writer, sent);
  }
  return complaints;
}
