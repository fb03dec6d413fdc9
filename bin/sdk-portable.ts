/**
 * What `import { connect } from 'logbrook'` gives in browsers and workers: the SDK in plain JavaScript.
 */

import type { HttpClientOptions } from '../lib/client/http-client.js';
import { createLogbrook, type Logbrook } from '../lib/client/logbrook.js';
import { portableCodecs } from '../lib/runtime/portable-codecs.js';

export type { AppendOptions } from '../lib/client/append-records.js';
export type { Call, CallOptions } from '../lib/client/call.js';
export type * from '../lib/client/consumer/consumer.js';
export type { ConsumerOptions } from '../lib/client/consumer/consumer-options.js';
export type { ConsumerRecord } from '../lib/client/consumer/consumer-record.js';
// biome-ignore lint/performance/noBarrelFile: a package has one entry; nothing inside imports it.
export { deadLetter } from '../lib/client/consumer/dead-letter.js';
export type { UnreadableRecord } from '../lib/client/consumer/failed-read.js';
export type { GroupOptions } from '../lib/client/consumer/group-options.js';
export type * from '../lib/client/consumer/record-handling.js';
export type * from '../lib/client/http-client.js';
export type * from '../lib/client/logbrook.js';
export { LogbrookError } from '../lib/client/logbrook-error.js';
export type { ClientEvent, Observe } from '../lib/client/observer.js';
export type * from '../lib/client/producer/producer.js';
export { fromKafkaNames, type ProducerOptions } from '../lib/client/producer/producer-options.js';
export type { RecordMetadata, Ticket } from '../lib/client/producer/record-ticket.js';
export { bytesSerde, jsonSerde, type Serde, stringSerde } from '../lib/client/serializers.js';
export type { CreateOptions, TopicCalls, TopicPage } from '../lib/client/topic-calls.js';

/** Nothing is sent before the first call. */
export function connect(options: HttpClientOptions): Logbrook {
  return createLogbrook(options, portableCodecs);
}
