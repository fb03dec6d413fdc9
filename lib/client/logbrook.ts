/**
 * The SDK's front door: one object per server, from which producers, consumers and the plain calls come.
 * Needs `fetch` and nothing else.
 */

import type { Codecs } from '../log/codecs.js';
import type { RecordHeader } from '../log/record.js';
import { type Consumer, createConsumer } from './consumer/consumer.js';
import type { ConsumerOptions } from './consumer/consumer-options.js';
import type { TopicPartition } from './consumer/fetcher.js';
import { createGroupMembership, type StartOf } from './consumer/group-membership.js';
import type { GroupOptions } from './consumer/group-options.js';
import { fixedMembership, type Membership } from './consumer/membership.js';
import { type StartPosition, startOffsets } from './consumer/start-position.js';
import { createHttpClient, type HttpClient, type HttpClientOptions } from './http-client.js';
import { refused } from './logbrook-error.js';
import { createProducer } from './producer/producer.js';
import type { ProducerOptions } from './producer/producer-options.js';
import type { Ticket } from './producer/record-ticket.js';
import { type Deserializer, type Serializer, stringSerde } from './serializers.js';
import { createTextScratch } from './text-scratch.js';

export type TypedRecord<K, V> = {
  readonly topic: string;
  readonly key?: K | null;
  /** null is a tombstone. */
  readonly value: V | null;
  /** In this order; names may repeat. */
  readonly headers?: readonly RecordHeader[];
  /** Default: now. */
  readonly timestampMs?: number;
  /** Default: the partitioner decides. */
  readonly partition?: number;
};

export type TypedProducer<K, V> = {
  /** Resolves when the record is gathered, which may have to wait for room; its ticket tells the rest. */
  send(record: TypedRecord<K, V>): Promise<Ticket>;
  /** The same with a key and a value that are bytes already. */
  sendBytes(record: TypedRecord<Uint8Array, Uint8Array>): Promise<Ticket>;
  /** Resolves when all that was sent is durable; rejects with the first failure since the last flush. */
  flush(): Promise<void>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

export type TypedProducerOptions<K, V> = ProducerOptions & {
  /** Default: strings as UTF-8. */
  readonly keySerializer?: Serializer<K>;
  readonly valueSerializer?: Serializer<V>;
};

export type TypedConsumerOptions<K, V> = Partial<ConsumerOptions<K, V>> & {
  /** All partitions of these topics, or the group's share of them, ... */
  readonly topics?: readonly string[];
  /** ... or, in a group, of the topics whose whole names match this regular expression, ... */
  readonly pattern?: string | RegExp;
  /** ... or, without a group, just these partitions. */
  readonly partitions?: readonly TopicPartition[];
  /** Shares the partitions with the other members of the group, and commits there. */
  readonly group?: GroupOptions;
  /** Where to begin when nothing is committed. Default: as `autoOffsetReset` says, else earliest. */
  readonly start?: StartPosition;
  /** Where the partitions come from instead, and where commits go. */
  readonly membership?: Membership;
};

export type Logbrook = {
  /** The HTTP API as typed calls: topics, offsets, single appends and fetches. */
  readonly admin: HttpClient;
  producer<K = string, V = string>(options?: TypedProducerOptions<K, V>): TypedProducer<K, V>;
  consumer<K = string | null, V = string | null>(
    options: TypedConsumerOptions<K, V>,
  ): Consumer<K, V>;
};

export function createLogbrook(options: HttpClientOptions, codecs: Codecs): Logbrook {
  const client = createHttpClient(options);
  return {
    admin: client,
    producer: (options = {}) => typedProducer(client, codecs, options),
    consumer: (options) => typedConsumer(client, codecs, options),
  };
}

function typedProducer<K, V>(
  client: HttpClient,
  codecs: Codecs,
  options: TypedProducerOptions<K, V>,
): TypedProducer<K, V> {
  const producer = createProducer(client, codecs, options);
  // The defaults of K and V are strings; whoever names other types hands in how to write them.
  const text = stringSerde.serialize as Serializer<unknown>;
  const keyBytes: Serializer<K> = options.keySerializer ?? text;
  const valueBytes: Serializer<V> = options.valueSerializer ?? text;
  const briefKeyBytes = options.keySerializer ?? scratchText();
  const briefValueBytes = options.valueSerializer ?? scratchText();
  return {
    send({ topic, key, value, headers = [], timestampMs, partition }) {
      const brief = producer.copiesAtOnce(topic);
      return producer.send(topic, {
        key: key === undefined || key === null ? null : (brief ? briefKeyBytes : keyBytes)(key),
        value: value === null ? null : (brief ? briefValueBytes : valueBytes)(value),
        headers,
        timestampMs: timestampMs ?? client.timing.nowMs(),
        partition,
      });
    },
    sendBytes({ topic, key = null, value, headers = [], timestampMs, partition }) {
      const atMs = timestampMs ?? client.timing.nowMs();
      return producer.send(topic, { key, value, headers, timestampMs: atMs, partition });
    },
    flush: producer.flush,
    close: producer.close,
    [Symbol.asyncDispose]: producer.close,
  };
}

/** For strings, which K and V are by default. */
const scratchText = () => createTextScratch() as Serializer<unknown>;

function typedConsumer<K, V>(
  client: HttpClient,
  codecs: Codecs,
  options: TypedConsumerOptions<K, V>,
): Consumer<K, V> {
  const text = stringSerde.deserialize as Deserializer<unknown>;
  const key = (options.key ?? text) as Deserializer<K>;
  const value = (options.value ?? text) as Deserializer<V>;
  const { group } = options;
  const own = () => (group ? groupOf(client, group, options) : fixedOf(client, options));
  const membership = options.membership ?? own();
  return createConsumer(client, codecs, membership, { ...options, key, value });
}

function groupOf<K, V>(
  client: HttpClient,
  group: GroupOptions,
  { topics = [], pattern, partitions, start, autoOffsetReset }: TypedConsumerOptions<K, V>,
): Membership {
  if (partitions !== undefined) {
    throw refused('INVALID_REQUEST', 'The members of a group are given partitions: name topics.');
  }
  if (topics.length === 0 && pattern === undefined) {
    throw refused('INVALID_REQUEST', 'A member of a group needs topics or a pattern.');
  }
  const source = pattern instanceof RegExp ? pattern.source : pattern;
  const startOf: StartOf = async (topic, wanted, signal) => {
    if (start === undefined && autoOffsetReset === 'error') {
      const which = `${topic}/${wanted.join(',')}`;
      throw refused('OFFSET_OUT_OF_RANGE', `Group ${group.id} has committed nothing for ${which}.`);
    }
    const begin = start ?? (autoOffsetReset === 'latest' ? 'latest' : 'earliest');
    return startOffsets(client, topic, wanted, begin, signal);
  };
  return createGroupMembership(client, group, { topics, pattern: source }, startOf);
}

function fixedOf<K, V>(client: HttpClient, options: TypedConsumerOptions<K, V>): Membership {
  const { topics = [], partitions = [], start = 'earliest', signal } = options;
  if (topics.length + partitions.length === 0) {
    throw refused('INVALID_REQUEST', 'A consumer needs topics, partitions or a group.');
  }
  return fixedMembership(async () => {
    const wanted = new Map<string, number[] | undefined>(topics.map((topic) => [topic, undefined]));
    for (const { topic, partition } of partitions) {
      wanted.set(topic, [...(wanted.get(topic) ?? []), partition]);
    }
    const found = await Promise.all(
      [...wanted].map(([topic, numbers]) => startOffsets(client, topic, numbers, start, signal)),
    );
    return found.flat();
  });
}
