/**
 * What `import { connect } from 'logbrook'` gives in Node: the SDK with Node's own checksum and codecs.
 */

import type { HttpClientOptions } from '../lib/client/http-client.js';
import { createLogbrook, type Logbrook } from '../lib/client/logbrook.js';
import type { Observe } from '../lib/client/observer.js';
import { publishOnChannel } from '../lib/runtime/event-channels.js';
import { nodeCodecs } from '../lib/runtime/node-codecs.js';
import { nodeFetch } from '../lib/runtime/node-fetch.js';

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

/** Nothing is sent before the first call. What happens is told on diagnostics channels too: docs/sdk.md. */
export function connect(options: HttpClientOptions): Logbrook {
  const observe: Observe = (event) => {
    publishOnChannel(event);
    options.observe?.(event);
  };
  const exchange = options.fetch ?? nodeFetch;
  return createLogbrook({ ...options, fetch: exchange, observe }, nodeCodecs);
}
