/**
 * A record as its handler gets it: key and value as the deserializers read them, its place, and the signal
 * that tells when it is somebody else's.
 */

import type { PlacedRecord, RecordHeader } from '../../log/record.js';
import { LogbrookError } from '../logbrook-error.js';
import type { Deserializer } from '../serializers.js';
import type { TopicPartition } from './fetcher.js';
import type { Owned } from './owned-partitions.js';

export type ConsumerRecord<K, V> = TopicPartition & {
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: K;
  readonly value: V;
  readonly headers: readonly RecordHeader[];
  /** Fires when the partition is taken away: what is done from then on may be done by others too. */
  readonly signal: AbortSignal;
};

/** Throws INVALID_RECORD with its place for what a deserializer does not take. */
export function readRecord<K, V>(
  { at, signal }: Pick<Owned, 'at' | 'signal'>,
  placed: PlacedRecord,
  read: { readonly key: Deserializer<K>; readonly value: Deserializer<V> },
): ConsumerRecord<K, V> {
  const { topic, partition } = at;
  const { offset, timestampMs, headers } = placed;
  const key = readAs(read.key, placed.key, 'key', at, offset);
  const value = readAs(read.value, placed.value, 'value', at, offset);
  return { topic, partition, offset, timestampMs, key, value, headers, signal };
}

/** Who cannot go on should know where it is. */
function readAs<T>(
  read: Deserializer<T>,
  bytes: Uint8Array | null,
  what: string,
  { topic, partition }: TopicPartition,
  offset: number,
): T {
  try {
    return read(bytes);
  } catch (cause) {
    const place = `${topic}/${partition} at offset ${offset}`;
    const message = `The ${what} in ${place} is not what the deserializer takes: ${(cause as Error).message}`;
    const facts = { status: 0, retriable: false, sideEffects: 'none', cause } as const;
    throw new LogbrookError(message, {
      ...facts,
      code: 'INVALID_RECORD',
      details: { topic, partition, offset },
    });
  }
}
