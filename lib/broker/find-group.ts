/**
 * A group by its id, or why not.
 */

import type { Group } from '../coordinator/group.js';
import { groupIdProblem } from '../coordinator/group-limits.js';
import type { Stores } from '../store/stores.js';
import { BrokerError } from './broker-error.js';

export async function findGroup({ groups }: Stores, groupId: string): Promise<Group> {
  checkGroupId(groupId);
  const group = await groups.read(groupId);
  if (group) return group;
  throw new BrokerError('GROUP_ID_NOT_FOUND', `There is no group ${JSON.stringify(groupId)}.`, {
    details: { group: groupId },
  });
}

export function hasMembers({ members }: Group): BrokerError {
  const message = `The group has ${members.length} members; stop them first.`;
  return new BrokerError('NON_EMPTY_GROUP', message, { details: { members: members.length } });
}

export function checkGroupId(groupId: string): void {
  const problem = groupIdProblem(groupId);
  if (problem) throw new BrokerError('INVALID_GROUP_ID', `Invalid group id: ${problem}.`);
}
