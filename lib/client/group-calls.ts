/**
 * Consumer groups over HTTP, call by call. What a member does between the calls, and when, is the
 * consumer's business: docs/consumer-groups.md has the protocol.
 */

import type {
  CommitAnswer,
  CommitBody,
  GroupDescription,
  GroupListAnswer,
  GroupOffsetsAnswer,
  HeartbeatAnswer,
  HeartbeatBody,
  ResetAnswer,
  ResetBody,
} from '../contract/groups.js';
import { groupIdProblem } from '../coordinator/group-limits.js';
import { type Call, type CallOptions, post } from './call.js';
import { refused } from './logbrook-error.js';

export type GroupCalls = {
  /** In order of ids; `after` of a page asks for the next one. */
  list(after?: string, call?: CallOptions): Promise<GroupListAnswer>;
  describe(group: string, call?: CallOptions): Promise<GroupDescription>;
  /** With its offsets; only without members. */
  delete(group: string, call?: CallOptions): Promise<void>;
  /** Repeating one is harmless: it is recognised by the member's id and epoch. */
  heartbeat(group: string, body: HeartbeatBody, call?: CallOptions): Promise<HeartbeatAnswer>;
  /** Where some partitions failed, they carry an `error`; where all did, it throws. */
  commit(group: string, body: CommitBody, call?: CallOptions): Promise<CommitAnswer>;
  offsets(group: string, topic?: string, call?: CallOptions): Promise<GroupOffsetsAnswer>;
  deleteOffsets(
    group: string,
    which: { readonly topic: string; readonly partition?: number },
    call?: CallOptions,
  ): Promise<void>;
  /** Says what it would do; does it with `execute`. */
  reset(group: string, body: ResetBody, call?: CallOptions): Promise<ResetAnswer>;
};

export function createGroupCalls(call: Call): GroupCalls {
  return {
    list: async (after, options) =>
      call('always', { method: 'GET', path: '/v1/groups', query: { after } }, options),
    describe: async (group, options) =>
      call('always', { method: 'GET', path: groupPath(group) }, options),
    delete: async (group, options) =>
      call('noEffect', { method: 'DELETE', path: groupPath(group) }, options),
    heartbeat: async (group, body, options) =>
      call('always', post(`${groupPath(group)}/heartbeat`, body), options),
    // The same offset may be committed twice, and an older one is refused.
    commit: async (group, body, options) =>
      call('always', post(`${groupPath(group)}/offsets`, body), options),
    offsets: async (group, topic, options) =>
      call(
        'always',
        { method: 'GET', path: `${groupPath(group)}/offsets`, query: { topic } },
        options,
      ),
    deleteOffsets: async (group, { topic, partition }, options) =>
      call(
        'always',
        { method: 'DELETE', path: `${groupPath(group)}/offsets`, query: { topic, partition } },
        options,
      ),
    reset: async (group, body, options) =>
      call('noEffect', post(`${groupPath(group)}/reset`, body), options),
  };
}

function groupPath(group: string): string {
  const problem = groupIdProblem(group);
  if (problem === undefined) return `/v1/groups/${encodeURIComponent(group)}`;
  throw refused('INVALID_GROUP_ID', `Invalid group id: ${problem}.`);
}
