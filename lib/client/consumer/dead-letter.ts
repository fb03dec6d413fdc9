/**
 * Hands a record that keeps failing on to another topic, with headers that say where it came from and
 * why. It counts as finished only once it is durable there.
 *
 *   dead-letter.topic, .partition, .offset, .timestamp, .error
 */

import type { RecordHeader } from '../../log/record.js';
import type { Ticket } from '../producer/producer.js';
import type { ConsumerRecord } from './consumer.js';

/** What of a producer is needed. */
export type DeadLetterProducer<K, V> = {
  send(record: {
    readonly topic: string;
    readonly key: K | null;
    readonly value: V | null;
    readonly headers: readonly RecordHeader[];
  }): Promise<Ticket>;
};

const errorLengthMax = 1_000;

/** For `run(handler, { onFailure: deadLetter(producer, 'orders.failed') })`. */
export function deadLetter<K, V>(
  producer: DeadLetterProducer<K, V>,
  topic: string,
): (record: ConsumerRecord<K | null, V | null>, error: unknown) => Promise<void> {
  const utf8 = new TextEncoder();
  return async ({ key, value, headers, ...from }, error) => {
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
    const ticket = await producer.send({ topic, key, value, headers: [...headers, ...origin] });
    await ticket.ack;
  };
}
