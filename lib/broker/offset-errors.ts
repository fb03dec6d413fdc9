/**
 * What is wrong with commits of offsets, and what becomes of them where a store or the group refuses: said
 * per partition, with what the member needs to go on.
 */

import type { Committer } from '../coordinator/commit-fence.js';
import type { Committed } from '../coordinator/committed-offset.js';
import { offsetMetadataBytesMax } from '../coordinator/group-limits.js';
import type { OffsetOutcome } from '../store/group-store.js';
import { BrokerError, brokerErrorOf } from './broker-error.js';

type Asked = Pick<Committed, 'topic' | 'metadata'> & { readonly partition: number };

/** Throws where the request as a whole is refused: nothing of it is written then. */
export function checkCommits(commits: readonly Asked[]): void {
  const seen = new Set<string>();
  for (const { topic, partition, metadata } of commits) {
    const name = `${topic}/${partition}`;
    if (seen.has(name)) {
      throw new BrokerError('INVALID_REQUEST', `${name} is in the request more than once.`);
    }
    seen.add(name);
    const sizeBytes = new TextEncoder().encode(metadata).length;
    if (sizeBytes <= offsetMetadataBytesMax) continue;
    throw new BrokerError(
      'OFFSET_METADATA_TOO_LARGE',
      `The metadata of ${name} has ${sizeBytes} bytes, the limit is ${offsetMetadataBytesMax}.`,
      { details: { limitBytes: offsetMetadataBytesMax } },
    );
  }
}

/** Undefined: it was committed. */
export function offsetErrorOf(
  { topic, partition }: { readonly topic: string; readonly partition: number },
  outcome: OffsetOutcome,
): BrokerError | undefined {
  switch (outcome.kind) {
    case 'committed':
      return undefined;
    case 'fenced':
      return changing(topic);
    case 'behind': {
      const committed = outcome.offset;
      const message = `${topic}/${partition} is committed up to ${committed}; a reset moves it back.`;
      return new BrokerError('OFFSET_BEHIND_COMMITTED', message, { details: { committed } });
    }
    case 'failed':
      return brokerErrorOf(outcome.error);
  }
}

export function notOwned(topic: string, partition: number, { memberId, memberEpoch }: Committer) {
  const message = `${memberId} does not own ${topic}/${partition} in epoch ${memberEpoch}.`;
  return new BrokerError('ILLEGAL_GENERATION', message, { details: { topic, partition } });
}

export function noPartition(topic: string, partition: number): BrokerError {
  const message = `There is no partition ${partition} of topic ${JSON.stringify(topic)}.`;
  return new BrokerError('UNKNOWN_TOPIC_OR_PARTITION', message, { details: { topic, partition } });
}

export function subscribed(topic: string): BrokerError {
  const message = `Members of the group read topic ${topic}; stop them first.`;
  return new BrokerError('GROUP_SUBSCRIBED_TO_TOPIC', message, { details: { topic } });
}

export function changing(what: string): BrokerError {
  const message = `The group is changing (${what}); nothing was written there, try again.`;
  return new BrokerError('REBALANCE_IN_PROGRESS', message);
}
