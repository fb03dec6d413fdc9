/**
 * Deliberate bugs of the commit: conditions that are not asked, numbers that are not kept, and answers
 * that are given too early or taken for something else.
 */

import { decideCommit } from '../../../lib/log/commit.js';
import type { PartitionHead } from '../../../lib/log/partition-head.js';
import type { ProducerStamp } from '../../../lib/log/producer-state.js';
import { StoreError } from '../../../lib/store/store-error.js';
import { asStranger, type Bug, commitAs, isLost, withIndex } from './bug.js';

/** As if the stamps followed on from what the head knows, where `applies` says so. */
function followingOn(
  head: PartitionHead,
  stamps: readonly ProducerStamp[],
  applies: (stamp: ProducerStamp, epoch: number) => boolean,
): ProducerStamp[] {
  const known = new Map(Object.entries(head.producers));
  return stamps.map((stamp) => {
    const before = known.get(stamp.producer);
    if (!before || !applies(stamp, before.epoch)) return stamp;
    const count = stamp.nextSequence - stamp.baseSequence;
    const nextSequence = before.nextSequence + count;
    const { epoch } = before;
    known.set(stamp.producer, { epoch, nextSequence });
    return { ...stamp, epoch, baseSequence: before.nextSequence, nextSequence };
  });
}

export const commitBugs: readonly Bug[] = [
  {
    name: 'ignores-sequence',
    what: 'the commit does not ask whether the sequence follows on',
    anomalies: ['duplicate', 'retry-moved'],
    stores: commitAs((request, head) => {
      const { entry } = request;
      const stamps = followingOn(head, entry.stamps, (stamp, epoch) => stamp.epoch === epoch);
      return { ...request, entry: { ...entry, stamps } };
    }),
  },
  {
    name: 'forgets-sequence',
    what: 'the commit appends, but does not advance the producer’s sequence',
    anomalies: ['duplicate', 'retry-moved'],
    stores: (stores, { world }) =>
      commitAs((request, head) => asStranger(request, head, `x${world.uuid()}`))(stores),
  },
  {
    name: 'ignores-epoch',
    what: 'the commit takes batches of an older producer epoch',
    anomalies: ['fenced-write'],
    stores: commitAs((request, head) => {
      const { entry } = request;
      const stamps = followingOn(head, entry.stamps, (stamp, epoch) => stamp.epoch < epoch);
      return { ...request, entry: { ...entry, stamps } };
    }),
  },
  {
    name: 'ignores-fencing-token',
    what: 'the commit does not ask for the fencing token',
    anomalies: ['fenced-write'],
    stores: commitAs(({ fencingToken: _, ...request }) => request),
  },
  {
    name: 'fence-not-stored',
    what: 'a fence is acknowledged, but now and then not stored',
    anomalies: ['fenced-write'],
    stores: (stores, { random }) =>
      withIndex(stores, (index) => ({
        async setFencingToken(ref, token, expected) {
          const head = random() < 0.3 ? await index.readHead(ref) : undefined;
          if (head) return { kind: 'changed', head: { ...head, fencingToken: token } };
          return index.setFencingToken(ref, token, expected);
        },
      })),
  },
  {
    name: 'ignores-expected-offset',
    what: 'the commit does not ask where the log ends',
    anomalies: ['expected-offset'],
    stores: commitAs(({ expectedNextOffset: _, ...request }) => request),
  },
  {
    name: 'reads-then-commits',
    what: 'an instance reads where the log ends, and then commits without the condition',
    anomalies: ['expected-offset'],
    instanceStores: (stores) =>
      withIndex(stores, (index) => ({
        async commit(ref, request) {
          const { expectedNextOffset, ...free } = request;
          if (expectedNextOffset === undefined) return index.commit(ref, request);
          const head = await index.readHead(ref);
          return index.commit(ref, head?.nextOffset === expectedNextOffset ? free : request);
        },
      })),
  },
  {
    name: 'ignores-wal-floor',
    what: 'the commit takes entries that point below the WAL floor',
    anomalies: ['unreadable', 'lost-write'],
    stores: commitAs((request) => ({ ...request, walBucket: Number.MAX_SAFE_INTEGER })),
  },
  {
    name: 'ignores-eviction-counter',
    what: 'an admission is believed though producers were evicted since',
    anomalies: ['duplicate', 'retry-moved'],
    stores: commitAs((request, { evictions }) => ({
      ...request,
      admissions: Object.fromEntries(
        Object.entries(request.admissions).map(([name, known]) => [name, { ...known, evictions }]),
      ),
    })),
  },
  {
    name: 'miscounts',
    what: 'the commit appends the entry, but adds one record too few to the end',
    anomalies: ['inconsistent-offsets', 'torn-batch', 'duplicate'],
    stores: commitAs((request) => {
      const { entry } = request;
      const recordCount = Math.max(1, entry.recordCount - 1);
      return { ...request, entry: { ...entry, recordCount } };
    }),
  },
  {
    name: 'acknowledges-early',
    what: 'the store says “committed” and commits later',
    anomalies: ['stale-read', 'inconsistent-offsets', 'lost-write', 'torn-batch'],
    stores: (stores, { world, random }) =>
      withIndex(stores, (index) => ({
        async commit(ref, request) {
          const head = await index.readHead(ref);
          const decision = head && decideCommit(head, request);
          if (decision?.kind !== 'committed') return index.commit(ref, request);
          void world.clock.sleep(random() * 100).then(() => index.commit(ref, request));
          return decision;
        },
      })),
  },
  {
    name: 'condition-taken-for-loss',
    what: 'a commit whose reply was lost is repeated, and the refusal taken for “not committed”',
    anomalies: ['aborted-read'],
    instanceStores: (stores) =>
      withIndex(stores, (index) => ({
        async commit(ref, request) {
          try {
            return await index.commit(ref, request);
          } catch (error) {
            if (!isLost(error)) throw error;
          }
          const outcome = await index.commit(ref, request);
          if (outcome.kind !== 'refused') return outcome;
          throw new StoreError('somebody else won', { reason: 'denied', effect: 'none' });
        },
      })),
  },
  {
    name: 'lost-reply-is-no-effect',
    what: 'a reply that was lost counts as a request that had no effect',
    anomalies: ['aborted-read'],
    instanceStores: (stores) =>
      withIndex(stores, (index) => ({
        commit: (ref, request) =>
          index.commit(ref, request).catch((error) => {
            if (!isLost(error)) throw error;
            const { reason, message } = error as StoreError;
            throw new StoreError(message, { reason, effect: 'none' });
          }),
      })),
  },
  {
    name: 'renumbers-on-retry',
    what: 'a commit whose reply was lost is repeated under a new number',
    anomalies: ['duplicate', 'retry-moved'],
    instanceStores: (stores, { world }) =>
      withIndex(stores, (index) => ({
        async commit(ref, request) {
          try {
            return await index.commit(ref, request);
          } catch (error) {
            const head = isLost(error) ? await index.readHead(ref) : undefined;
            if (!head) throw error;
            return index.commit(ref, asStranger(request, head, `x${world.uuid()}`));
          }
        },
      })),
  },
];
