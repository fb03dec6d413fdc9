/**
 * The item of a partition's head. A commit costs what this item weighs, so names are one letter, and
 * what is not there is not written.
 *
 *   pk, sk  1/p/<topicId>/<partition>, head
 *   n  N  next offset
 *   s  N  log start offset
 *   b  N  offset of the tail's first record
 *   t  L  the tail: one B per entry (lib/log/location-format.ts)
 *   x  N  greatest timestamp below the tail
 *   y  N  bytes of all batches below the tail; absent: 0
 *   c  N  all below this offset is in segments; absent: 0
 *   r  L  [N rolls]; a list, because a commit appends it to spans to make a window
 *   p  M  producer -> M { e N epoch, s N next sequence }
 *   w  M  producer -> L [B spans (span-format.ts), N seen at roll, ...], a window; or a list that does
 *         not begin with a B: none. What follows means nothing: a commit that was ready to admit a
 *         producer and found it present leaves the roll count there. It has the keys of p.
 *   v  N  evictions
 *   f  N  WAL floor
 *   o  N  next offset when that was raised; absent: 0
 *   k  S  fencing token; absent: none
 *   z  BOOL  true: closed; absent: it takes commits
 *   l  S  leader; absent: none
 *   e  N  leader epoch; absent: 0
 *   d  N  lease expires, ms since 1970; absent: 0
 */

import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { CorruptData } from '../../../log/corrupt-data.js';
import { decodeTailEntry, encodeTailEntry } from '../../../log/location-format.js';
import type { PartitionHead, PartitionRef, TailEntry } from '../../../log/partition-head.js';
import type { ProducerEntry, ProducerWindow, SequenceSpan } from '../../../log/producer-state.js';
import { bytesOf, type Item, listOf, mapOf, numberOf, numberValue, textOf } from './attributes.js';
import { partitionKey } from './partition-key.js';
import { decodeSpans, encodeSpans } from './span-format.js';

/** What a producer without a window has in its place. */
export const noWindow = { L: [] };

export function headKey(ref: PartitionRef) {
  return { pk: { S: partitionKey(ref) }, sk: { S: 'head' } };
}

export function headToItem(ref: PartitionRef, head: PartitionHead): Item {
  const { leader, leaderEpoch, leaseExpiresMs } = head.lease;
  const windows = Object.keys(head.producers).map((producer) => {
    const window = head.windows[producer];
    return [producer, window ? windowToValue(window) : noWindow] as const;
  });
  const producers = Object.entries(head.producers).map(
    ([producer, entry]) => [producer, producerToValue(entry)] as const,
  );
  return {
    ...headKey(ref),
    n: numberValue(head.nextOffset),
    s: numberValue(head.logStartOffset),
    b: numberValue(head.tailBaseOffset),
    t: { L: head.tail.map(tailEntryToValue) },
    x: numberValue(head.pagedMaxTimestampMs),
    r: rollsToValue(head.rolls),
    p: { M: Object.fromEntries(producers) },
    w: { M: Object.fromEntries(windows) },
    v: numberValue(head.evictions),
    f: numberValue(head.walFloor),
    ...unlessZero('y', head.pagedBytes),
    ...unlessZero('c', head.compactedTo),
    ...unlessZero('o', head.walFloorOffset),
    ...(head.fencingToken === null ? {} : { k: { S: head.fencingToken } }),
    ...(head.closed ? { z: { BOOL: true } } : {}),
    ...(leader === null ? {} : { l: { S: leader } }),
    ...unlessZero('e', leaderEpoch),
    ...unlessZero('d', leaseExpiresMs),
  };
}

function unlessZero(name: string, value: number): Item {
  return value === 0 ? {} : { [name]: numberValue(value) };
}

function numberOrZero(item: Item, name: string): number {
  return item[name] ? numberOf(item, name) : 0;
}

/** Throws `CorruptData`. */
export function headFromItem(item: Item): PartitionHead {
  return {
    logStartOffset: numberOf(item, 's'),
    nextOffset: numberOf(item, 'n'),
    tailBaseOffset: numberOf(item, 'b'),
    tail: listOf(item, 't').map((value) => decodeTailEntry(bytesOf({ t: value }, 't'))),
    pagedMaxTimestampMs: numberOf(item, 'x'),
    rolls: numberOf({ r: first(listOf(item, 'r'), 'r') }, 'r'),
    producers: producersFrom(mapOf(item, 'p')),
    windows: windowsFrom(mapOf(item, 'w')),
    evictions: numberOf(item, 'v'),
    pagedBytes: numberOrZero(item, 'y'),
    compactedTo: numberOrZero(item, 'c'),
    walFloor: numberOf(item, 'f'),
    walFloorOffset: numberOrZero(item, 'o'),
    fencingToken: item.k ? textOf(item, 'k') : null,
    closed: item.z !== undefined,
    lease: {
      leader: item.l ? textOf(item, 'l') : null,
      leaderEpoch: numberOrZero(item, 'e'),
      leaseExpiresMs: numberOrZero(item, 'd'),
    },
  };
}

export function tailEntryToValue(entry: TailEntry) {
  return { B: encodeTailEntry(entry) };
}

export function producerToValue({ epoch, nextSequence }: ProducerEntry) {
  return { M: { e: numberValue(epoch), s: numberValue(nextSequence) } };
}

export function rollsToValue(rolls: number) {
  return { L: [numberValue(rolls)] };
}

export function windowToValue({ seenAtRoll, spans }: ProducerWindow) {
  return { L: [...spansToValue(spans).L, numberValue(seenAtRoll)] };
}

/** A window that still lacks its roll count. */
export function spansToValue(spans: readonly SequenceSpan[]) {
  return { L: [{ B: encodeSpans(spans) }] };
}

function producersFrom(map: Item): Record<string, ProducerEntry> {
  const entries = Object.keys(map).map((producer) => {
    const entry = mapOf(map, producer);
    return [producer, { epoch: numberOf(entry, 'e'), nextSequence: numberOf(entry, 's') }] as const;
  });
  return Object.fromEntries(entries);
}

function windowsFrom(map: Item): Record<string, ProducerWindow> {
  const windows: [string, ProducerWindow][] = [];
  for (const producer of Object.keys(map)) {
    const [spans, seenAtRoll] = listOf(map, producer);
    if (!spans?.B) continue;
    if (!seenAtRoll) throw new CorruptData(`window of ${producer} is cut`);
    const window = {
      seenAtRoll: numberOf({ seenAtRoll }, 'seenAtRoll'),
      spans: decodeSpans(spans.B),
    };
    windows.push([producer, window]);
  }
  return Object.fromEntries(windows);
}

function first(list: readonly AttributeValue[], name: string): AttributeValue {
  const [value] = list;
  if (!value) throw new CorruptData(`attribute ${name} is an empty list`);
  return value;
}
