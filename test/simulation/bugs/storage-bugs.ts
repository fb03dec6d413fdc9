/**
 * Deliberate bugs of objects and of clean-up: bytes that are not there, not those that were written, or
 * deleted while somebody is about to point to them.
 */

import type { PartitionHead, PartitionRef } from '../../../lib/log/partition-head.js';
import { nodeCodecs } from '../../../lib/runtime/node-codecs.js';
import { type Bug, withIndex } from './bug.js';

export const storageBugs: readonly Bug[] = [
  {
    name: 'put-not-durable',
    what: 'an object is acknowledged, but one in fifty is never written',
    anomalies: ['unreadable', 'lost-write'],
    stores(stores, { random }) {
      const { objects } = stores;
      const put: typeof objects.put = async (key, bytes) =>
        random() < 0.02 ? 'written' : objects.put(key, bytes);
      return { ...stores, objects: { ...objects, put } };
    },
  },
  {
    name: 'keys-used-twice',
    what: 'now and then an instance gives a new object the key of the one before',
    anomalies: ['inconsistent-offsets', 'duplicate', 'phantom', 'lost-write', 'unreadable'],
    world(world, { random }) {
      let last = world.uuid();
      const uuid = () => {
        if (random() >= 0.05) last = world.uuid();
        return last;
      };
      return { ...world, uuid };
    },
  },
  {
    name: 'crc-not-checked',
    what: 'batches are served without looking at their CRC',
    anomalies: ['phantom', 'inconsistent-offsets', 'torn-batch'],
    codecs: { ...nodeCodecs, crc32c: () => 0 },
  },
  {
    name: 'deletes-without-floor',
    what: 'a WAL bucket is deleted and no floor is raised before',
    anomalies: ['unreadable', 'lost-write'],
    stores: (stores) =>
      withIndex(stores, (index) => ({
        async raiseWalFloor(ref) {
          const head = await index.readHead(ref);
          return head ? { kind: 'changed', head } : { kind: 'noPartition' };
        },
      })),
  },
  {
    name: 'floor-falls',
    what: 'a WAL floor can be set back to an earlier bucket',
    anomalies: ['unreadable', 'lost-write'],
    stores(stores) {
      const floors = new Map<string, number>();
      const keyOf = ({ topicId, partition }: PartitionRef) => `${topicId}/${partition}`;
      const placed = (ref: PartitionRef, head: PartitionHead): PartitionHead => ({
        ...head,
        walFloor: floors.get(keyOf(ref)) ?? 0,
      });
      return withIndex(stores, (index) => ({
        async readHead(ref) {
          const head = await index.readHead(ref);
          return head && placed(ref, head);
        },
        async raiseWalFloor(ref, walFloor) {
          const head = await index.readHead(ref);
          if (!head) return { kind: 'noPartition' };
          floors.set(keyOf(ref), walFloor);
          return { kind: 'changed', head: placed(ref, head) };
        },
        async commit(ref, request) {
          const head = await index.readHead(ref);
          if (head && request.walBucket < placed(ref, head).walFloor) {
            return { kind: 'refused', head: placed(ref, head) };
          }
          const outcome = await index.commit(ref, request);
          if (outcome.kind === 'noPartition') return outcome;
          return { ...outcome, head: placed(ref, outcome.head) };
        },
      }));
    },
  },
  {
    name: 'clean-up-reads-pages-first',
    what: 'clean-up looks at pages and then at the tail: it misses what was rolled in between',
    anomalies: ['unreadable', 'lost-write'],
    pagesBeforeTail: true,
  },
];
