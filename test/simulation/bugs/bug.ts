/**
 * The form of a deliberate bug: a place where the simulation is built wrongly on purpose. It wraps what
 * the real broker stands on, or the broker itself; production code knows nothing of it.
 */

import type { Broker } from '../../../lib/broker/broker.js';
import type { Codecs } from '../../../lib/log/codecs.js';
import type { CommitRequest } from '../../../lib/log/commit.js';
import type { PartitionHead } from '../../../lib/log/partition-head.js';
import type { PartitionIndex } from '../../../lib/store/partition-index.js';
import { StoreError } from '../../../lib/store/store-error.js';
import type { Stores } from '../../../lib/store/stores.js';
import type { World } from '../../../lib/store/world.js';
import type { ManualWorld } from '../../support/manual-world.js';

export type BugTools = { readonly world: ManualWorld; random(): number };

export type Bug = {
  readonly name: string;
  /** What is done wrongly, as a sentence for the table. */
  readonly what: string;
  /** Any of these shows that it was noticed for what it is. */
  readonly anomalies: readonly string[];
  /** The store itself is wrong, for everybody. */
  stores?(stores: Stores, tools: BugTools): Stores;
  /** An instance uses the store wrongly. */
  instanceStores?(stores: Stores, tools: BugTools): Stores;
  world?(world: World, tools: BugTools): World;
  broker?(broker: Broker, tools: BugTools): Broker;
  readonly codecs?: Codecs;
  /** Every instance believes that it is the only one. */
  readonly alone?: boolean;
  /** Only the group can notice: nobody works at the log, so a run takes a fraction of the time. */
  readonly groupAlone?: boolean;
  /** Maintenance uses the store wrongly. */
  jobStores?(stores: Stores, tools: BugTools): Stores;
};

/** The same stores with another index. */
export function withIndex(
  stores: Stores,
  change: (index: PartitionIndex) => Partial<PartitionIndex>,
): Stores {
  return { ...stores, index: { ...stores.index, ...change(stores.index) } };
}

/** The request is changed before the store judges it: a condition that is not there. */
export function commitAs(
  change: (request: CommitRequest, head: PartitionHead) => CommitRequest,
): (stores: Stores) => Stores {
  return (stores) =>
    withIndex(stores, (index) => ({
      async commit(ref, request) {
        const head = await index.readHead(ref);
        return index.commit(ref, head ? change(request, head) : request);
      },
    }));
}

/** All of an entry under one producer that nobody ever heard of. */
export function asStranger(request: CommitRequest, head: PartitionHead, name: string) {
  const { entry } = request;
  const stamp = { producer: name, epoch: 0, baseSequence: 0, recordDelta: 0 };
  return {
    ...request,
    entry: { ...entry, stamps: [{ ...stamp, nextSequence: entry.recordCount }] },
    admissions: { [name]: { evictions: head.evictions, parked: null } },
  };
}

/** The reply was lost: what was asked for may have happened. */
export function isLost(error: unknown): boolean {
  return error instanceof StoreError && error.effect === 'unknown';
}
