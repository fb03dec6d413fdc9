/**
 * The item of a leader's notes for the next one.
 *
 *   pk, sk  1/p/<topicId>/<partition>, notes
 *   e  N  leader epoch of who wrote them
 *   j  S  the notes
 */

import type { PartitionRef } from '../../../log/partition-head.js';
import { type Item, numberValue, textOf } from './attributes.js';
import { partitionKey } from './partition-key.js';

export function notesKey(ref: PartitionRef) {
  return { pk: { S: partitionKey(ref) }, sk: { S: 'notes' } };
}

export function notesToItem(ref: PartitionRef, leaderEpoch: number, notes: string): Item {
  return { ...notesKey(ref), e: numberValue(leaderEpoch), j: { S: notes } };
}

/** Throws `CorruptData`. */
export function notesFromItem(item: Item): string {
  return textOf(item, 'j');
}
