/**
 * A record whose key or value its deserializer does not take: it has the bytes of both, and no handler sees
 * it. Trying again would change nothing.
 */

import type { ConsumerRecord } from './consumer.js';
import type { RunOptions } from './record-handling.js';

export type UnreadableRecord = ConsumerRecord<Uint8Array | null, Uint8Array | null> & {
  readonly unreadable: unknown;
};

export function isUnreadable(record: object): record is UnreadableRecord {
  return 'unreadable' in record;
}

/** Whether such a record is not the end of a run. */
export function takesUnreadable<R>({ onFailure = 'stop' }: RunOptions<R>): boolean {
  return onFailure === 'skip' || (onFailure !== 'stop' && onFailure.unreadable !== undefined);
}
