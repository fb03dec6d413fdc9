/**
 * What a reader finds in the batches it is given: offsets and values. Bytes that make no sense are a
 * value that nobody wrote, for the checker to judge.
 */

import type { Append, Value } from '../../lib/checker/history.js';
import { readBatchHeader } from '../../lib/log/batch-header.js';
import type { LogRecord } from '../../lib/log/record.js';
import { decodeRecords } from '../../lib/log/record-batch.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import type { Simulation } from './simulation.js';

const text = new TextDecoder();
const utf8 = new TextEncoder();

const keyCount = 16;

/** Follows from the name alone, so that a batch that is sent again is the same one. */
function fateOf(value: Value): { readonly key: string; readonly isTombstone: boolean } {
  const number = value.split(/\D+/).reduce((sum, digits) => sum * 31 + Number(digits), 7);
  return { key: `k${number % keyCount}`, isTombstone: (number >> 4) % 4 === 0 };
}

/** What a history says of a batch whose records have keys. */
export function keysOf({ values }: Pick<Append, 'values'>): Pick<Append, 'keys' | 'tombstones'> {
  const fates = values.map(fateOf);
  const tombstones = fates.flatMap(({ isTombstone }, i) => (isTombstone ? [i] : []));
  return { keys: fates.map(({ key }) => key), tombstones };
}

/** A tombstone has its name in a header. */
export function recordOf(
  { options }: Pick<Simulation, 'options'>,
  value: Value,
  timestampMs: number,
): LogRecord {
  const bytes = utf8.encode(value);
  if (!options.compacting) return { key: null, value: bytes, headers: [], timestampMs };
  const { key, isTombstone } = fateOf(value);
  return {
    key: utf8.encode(key),
    value: isTombstone ? null : bytes,
    headers: isTombstone ? [['name', bytes]] : [],
    timestampMs,
  };
}

export function recordsIn(batches: readonly Uint8Array[]): [number, Value][] {
  return batches.flatMap(recordsOf);
}

function recordsOf(batch: Uint8Array): [number, Value][] {
  const { baseOffset } = readBatchHeader(batch);
  try {
    return decodeRecords(batch, nodeCodecs).map(({ offset, value, headers }): [number, Value] => [
      offset,
      text.decode(value ?? headers[0]?.[1] ?? undefined),
    ]);
  } catch (error) {
    return [[baseOffset, `unreadable: ${(error as Error).message}`]];
  }
}
