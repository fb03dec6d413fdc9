/**
 * The item of a producer that left the head, exactly as it was.
 *
 *   pk, sk  1/p/<topicId>/<partition>, producer/<name>
 *   e  N  epoch
 *   s  N  next sequence
 *   w  B  spans (span-format.ts)
 *   o  N  base offset of its last batch; orders two parkings
 */

import type { PartitionRef } from '../../../log/partition-head.js';
import type { ParkedProducer } from '../../../log/producer-state.js';
import { bytesOf, type Item, numberOf, numberValue } from './attributes.js';
import { partitionKey } from './partition-key.js';
import { decodeSpans, encodeSpans } from './span-format.js';

export function parkedProducerKey(ref: PartitionRef, producer: string) {
  return { pk: { S: partitionKey(ref) }, sk: { S: `producer/${producer}` } };
}

export function parkedProducerToItem(
  ref: PartitionRef,
  producer: string,
  state: ParkedProducer,
): Item {
  return {
    ...parkedProducerKey(ref, producer),
    e: numberValue(state.epoch),
    s: numberValue(state.nextSequence),
    w: { B: encodeSpans(state.spans) },
    o: numberValue(state.lastBaseOffset),
  };
}

/** Throws `CorruptData`. */
export function parkedProducerFromItem(item: Item): ParkedProducer {
  return {
    epoch: numberOf(item, 'e'),
    nextSequence: numberOf(item, 's'),
    spans: decodeSpans(bytesOf(item, 'w')),
    lastBaseOffset: numberOf(item, 'o'),
  };
}
