/**
 * Hands a record that keeps failing on to another topic, with headers that say where it came from and
 * why. It counts as finished only once it is durable there.
 *
 *   dead-letter.topic, .partition, .offset, .timestamp, .error
 */

import type { RecordHeader } from '../../log/record.js';
import type { Ticket } from '../producer/record-ticket.js';
import type { ConsumerRecord } from './consumer-record.js';
import type { FailureHandler } from './record-handling.js';

type Letter<K, V> = {
  readonly topic: string;
  readonly key: K | null;
  readonly value: V | null;
  readonly headers: readonly RecordHeader[];
};

/** What of a producer is needed. */
export type DeadLetterProducer<K, V> = {
  send(record: Letter<K, V>): Promise<Ticket>;
  /** For what could not be read; without it such a record ends the run. */
  sendBytes?(record: Letter<Uint8Array, Uint8Array>): Promise<Ticket>;
};

const errorLengthMax = 1_000;
const utf8 = new TextEncoder();

/** For `run(handler, { onFailure: deadLetter(producer, 'orders.failed') })`. */
export function deadLetter<K, V>(
  producer: DeadLetterProducer<K, V>,
  topic: string,
): FailureHandler<ConsumerRecord<K | null, V | null>> {
  const { sendBytes } = producer;
  return Object.assign(
    async (record: ConsumerRecord<K | null, V | null>, error: unknown) => {
      const ticket = await producer.send(letterOf(record, error, topic));
      await ticket.ack;
    },
    sendBytes && {
      async unreadable(
        record: ConsumerRecord<Uint8Array | null, Uint8Array | null>,
        error: unknown,
      ) {
        const ticket = await sendBytes.call(producer, letterOf(record, error, topic));
        await ticket.ack;
      },
    },
  );
}

function letterOf<K, V>(
  { key, value, headers, ...from }: ConsumerRecord<K | null, V | null>,
  error: unknown,
  topic: string,
): Letter<K, V> {
  const facts = {
    topic: from.topic,
    partition: from.partition,
    offset: from.offset,
    timestamp: from.timestampMs,
    error: String(error).slice(0, errorLengthMax),
  };
  const origin = Object.entries(facts).map(
    ([name, fact]) => [`dead-letter.${name}`, utf8.encode(String(fact))] as const,
  );
  return { topic, key, value, headers: [...headers, ...origin] };
}
