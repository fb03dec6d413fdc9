/**
 * The topic of a run: one of its own that is deleted after, or a named one, of which only what comes after
 * its present end is looked at. Servers may be away or fail meanwhile: it tries for a while.
 */

import type { HttpClient } from '../../client/http-client.js';
import { LogbrookError } from '../../client/logbrook-error.js';
import { briefRetry, patientRetry, withRetry } from '../../client/retry.js';

export type VerifyTopic = {
  readonly name: string;
  /** Where each partition ends now. */
  readonly starts: readonly number[];
  /** Made by this run. */
  readonly own: boolean;
};

const retry = { ...briefRetry, triesMax: Number.POSITIVE_INFINITY, giveUpAfterMs: 15_000 };

export async function openVerifyTopic(
  client: HttpClient,
  wanted: string | undefined,
  partitionCount: number,
  compacted = false,
): Promise<VerifyTopic> {
  const name = wanted ?? `verify-${client.timing.random().toString(36).slice(2, 12)}`;
  const own = await made(client, name, partitionCount, wanted === undefined, compacted);
  const { partitions } = await client.describeTopic(name, { retry });
  return { name, own, starts: partitions.map(({ highWatermark }) => highWatermark) };
}

/** Nobody else has a name that was drawn: if it is there, an earlier try has made it. */
async function made(
  client: HttpClient,
  name: string,
  partitionCount: number,
  drawn: boolean,
  compacted: boolean,
): Promise<boolean> {
  const configs = { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': 0 };
  try {
    await withRetry(client.timing, { policy: retry, when: 'always' }, () =>
      client.createTopic(name, partitionCount, compacted ? { configs } : {}),
    );
    return true;
  } catch (error) {
    const exists = error instanceof LogbrookError && error.code === 'TOPIC_ALREADY_EXISTS';
    if (!exists) throw error;
    return drawn;
  }
}

/** Deleting what is gone already is as good: an earlier try may have done it. */
export async function deleteVerifyTopic(client: HttpClient, name: string): Promise<void> {
  const policy = { ...patientRetry, giveUpAfterMs: 30_000 };
  try {
    await withRetry(client.timing, { policy, when: 'always' }, () => client.deleteTopic(name));
  } catch (error) {
    const gone = error instanceof LogbrookError && error.code === 'UNKNOWN_TOPIC_OR_PARTITION';
    if (!gone) throw error;
  }
}
