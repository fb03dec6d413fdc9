/**
 * Work found on the way: a roll that brings what lies in pages over another multiple of a segment asks for
 * compaction. Of all who roll one sees that, so nothing is counted or read for it.
 */

import { type PartitionHead, type PartitionRef, partitionName } from '../log/partition-head.js';
import { isDuring } from '../log/time-span.js';
import type { MaintenanceRequests } from '../store/maintenance-requests.js';
import type { World } from '../store/world.js';

export type FoundWorkLimits = {
  /** In pages since the last multiple: about what a segment takes. */
  readonly askBytes: number;
  /** At most one request for a partition in this time, as far as this process knows. */
  readonly askEveryMs: number;
};

export type FoundWork = (
  ref: PartitionRef,
  before: PartitionHead,
  after: PartitionHead,
) => Promise<void>;

const partitionsMax = 10_000;

export function createFoundWork(
  requests: MaintenanceRequests,
  { clock, log }: Pick<World, 'clock' | 'log'>,
  { askBytes, askEveryMs }: FoundWorkLimits,
): FoundWork {
  const askedMs = new Map<string, number>();
  const multiples = ({ pagedBytes }: PartitionHead) => Math.floor(pagedBytes / askBytes);

  return async (ref, before, after) => {
    if (multiples(after) === multiples(before)) return;
    const key = partitionName(ref);
    const nowMs = clock.nowMs();
    const sinceMs = askedMs.get(key);
    if (sinceMs !== undefined && isDuring({ sinceMs, forMs: askEveryMs }, nowMs)) return;
    if (askedMs.size >= partitionsMax) askedMs.clear();
    askedMs.set(key, nowMs);
    try {
      await requests.ask(ref);
    } catch (error) {
      log.warn('maintenance could not be asked for', { error: String(error) });
    }
  };
}
