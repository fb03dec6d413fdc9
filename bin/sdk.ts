/**
 * What `import { connect } from 'logbrook'` gives in Node: the SDK with Node's own checksum and codecs.
 */

import type { HttpClientOptions } from '../lib/client/http-client.js';
import { createLogbrook, type Logbrook } from '../lib/client/logbrook.js';
import { nodeCodecs } from '../lib/runtime/node-codecs.js';

export type * from '../lib/client/consumer/consumer.js';
export type * from '../lib/client/consumer/record-handling.js';
export type * from '../lib/client/http-client.js';
export type * from '../lib/client/logbrook.js';
// biome-ignore lint/performance/noBarrelFile: a package has one entry; nothing inside imports it.
export { LogbrookError } from '../lib/client/logbrook-error.js';
export type * from '../lib/client/producer/producer.js';
export { fromKafkaNames, type ProducerOptions } from '../lib/client/producer/producer-options.js';
export { bytesSerde, jsonSerde, type Serde, stringSerde } from '../lib/client/serializers.js';

/** Nothing is sent before the first call. */
export function connect(options: HttpClientOptions): Logbrook {
  return createLogbrook(options, nodeCodecs);
}
