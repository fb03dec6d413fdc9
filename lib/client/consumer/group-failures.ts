/**
 * What a refusal by the group means: who is fenced is no member any more; a single partition may have gone
 * to somebody else.
 */

import type { CommitAnswer } from '../../contract/groups.js';
import { LogbrookError } from '../logbrook-error.js';
import type { TopicPartition } from './fetcher.js';
import type { Position } from './owned-partitions.js';

const fencing = ['UNKNOWN_MEMBER_ID', 'FENCED_MEMBER_EPOCH'];
const notOwned = 'ILLEGAL_GENERATION';

/** The member is none any more: it gives up everything and joins anew. */
export function isFencing(error: unknown): boolean {
  return error instanceof LogbrookError && [...fencing, notOwned].includes(error.code);
}

export type CommitRefused = {
  readonly error: unknown;
  /** The whole member is fenced. */
  readonly all: boolean;
  /** Those that belong to somebody else. */
  readonly partitions: readonly TopicPartition[];
};

/** Undefined when all was committed. */
export function commitRefused(
  positions: readonly Position[],
  answer: CommitAnswer | unknown,
): CommitRefused | undefined {
  if (answer instanceof LogbrookError) {
    const all = fencing.includes(answer.code);
    return { error: answer, all, partitions: answer.code === notOwned ? positions : [] };
  }
  if (!isAnswer(answer)) return { error: answer, all: false, partitions: [] };
  const failed = answer.partitions.flatMap((one) => ('error' in one ? [one] : []));
  if (failed.length === 0) return undefined;
  const which = failed.map((one) => `${one.topic}/${one.partition} (${one.error.code})`).join(', ');
  const facts = { status: 207, retriable: false, sideEffects: 'unknown' } as const;
  const error = new LogbrookError(`The commit was refused for ${which}.`, {
    ...facts,
    code: failed[0]?.error.code ?? 'UNKNOWN_SERVER_ERROR',
    details: { partitions: failed },
  });
  const lost = failed.filter((one) => one.error.code === notOwned);
  return { error, all: failed.some((one) => fencing.includes(one.error.code)), partitions: lost };
}

function isAnswer(answer: unknown): answer is CommitAnswer {
  return typeof answer === 'object' && answer !== null && 'partitions' in answer;
}

export function silence(url: string): LogbrookError {
  const facts = { status: 0, retriable: true, sideEffects: 'unknown' } as const;
  const message = `${url} did not answer a heartbeat before the session was over.`;
  return new LogbrookError(message, { ...facts, code: 'REQUEST_TIMED_OUT', details: { url } });
}
