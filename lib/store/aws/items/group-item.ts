/**
 * The items of a consumer group. A group is one item of its own; another, under a key that all groups
 * share, lets them be listed.
 *
 *   pk, sk  1/g/<group id>, state
 *   u  S  uid
 *   e  N  epoch
 *   w  S  who swapped last: recognises a swap whose reply was lost
 *   b  B  the group (coordinator/group-format.ts)
 *
 *   pk, sk  1/groups, <group id>
 */

import type { Group } from '../../../coordinator/group.js';
import { decodeGroup, encodeGroup } from '../../../coordinator/group-format.js';
import { bytesOf, type Item, numberValue } from './attributes.js';
import { layoutVersion } from './partition-key.js';

export const groupsPartitionKey = `${layoutVersion}/groups`;

export function groupKey(groupId: string) {
  return { pk: { S: `${layoutVersion}/g/${groupId}` }, sk: { S: 'state' } };
}

export function groupListKey(groupId: string) {
  return { pk: { S: groupsPartitionKey }, sk: { S: groupId } };
}

export function groupToItem(groupId: string, group: Group, swapper: string): Item {
  return {
    ...groupKey(groupId),
    u: { S: group.uid },
    e: numberValue(group.epoch),
    w: { S: swapper },
    b: { B: encodeGroup(group) },
  };
}

/** Throws `CorruptData`. */
export function groupFromItem(item: Item): Group {
  return decodeGroup(bytesOf(item, 'b'));
}
