/**
 * A record whose key or value its deserializer does not take: it has the bytes of both, and no handler sees
 * it. Trying again would change nothing.
 */

import type { PlacedRecord } from '../../log/record.js';
import type { ConsumerRecord } from './consumer-record.js';
import type { Owned } from './owned-partitions.js';
import type { RunOptions } from './record-handling.js';

export type UnreadableRecord = ConsumerRecord<Uint8Array | null, Uint8Array | null> & {
  readonly unreadable: unknown;
};

export function unreadableRecord(
  { at, signal }: Pick<Owned, 'at' | 'signal'>,
  { offset, timestampMs, key, value, headers }: PlacedRecord,
  unreadable: unknown,
): UnreadableRecord {
  return { ...at, offset, timestampMs, key, value, headers, signal, unreadable };
}

export function isUnreadable(record: object): record is UnreadableRecord {
  return 'unreadable' in record;
}

/** Whether such a record is not the end of a run. */
export function takesUnreadable<R>({ onFailure = 'stop' }: RunOptions<R>): boolean {
  return onFailure === 'skip' || (onFailure !== 'stop' && onFailure.unreadable !== undefined);
}
