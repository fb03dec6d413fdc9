/**
 * Deliberate bugs of maintenance: leaders that are not asked for their epoch, segments that are short or
 * deleted too early, pages that claim too much, and hours that go while somebody needs them.
 */

import type { PartitionHead, PartitionRef } from '../../../lib/log/partition-head.js';
import type { PartitionIndex } from '../../../lib/store/partition-index.js';
import type { Stores } from '../../../lib/store/stores.js';
import { type Bug, withIndex } from './bug.js';

const unreadable = ['unreadable', 'lost-write', 'poll-skip', 'gap'];

/** Heads as they would be if this were true of them. */
function believing(
  stores: Stores,
  change: (head: PartitionHead, ref: PartitionRef) => PartitionHead,
  stored: Partial<PartitionIndex> = {},
): Stores {
  return withIndex(stores, (index) => ({
    async readHead(ref) {
      const head = await index.readHead(ref);
      return head && change(head, ref);
    },
    async raiseWalFloor(ref, walFloor) {
      const outcome = await (stored.raiseWalFloor ?? index.raiseWalFloor)(ref, walFloor);
      if (outcome.kind === 'noPartition') return outcome;
      return { ...outcome, head: change(outcome.head, ref) };
    },
  }));
}

/** Everything below the floor seems to be in segments. */
const seemsFree = (head: PartitionHead): PartitionHead => ({ ...head, walFloorOffset: 0 });

export const jobBugs: readonly Bug[] = [
  {
    name: 'leader-epoch-not-checked',
    what: 'whoever asks replaces pages, deposed or not',
    anomalies: unreadable,
    stores: (stores) =>
      withIndex(stores, (index) => ({
        async replacePages(ref, leadership, replacement) {
          const { leader, leaderEpoch } = (await index.readHead(ref))?.lease ?? leadership;
          const now = { leader: leader ?? '', leaderEpoch };
          const candidate = leader ?? 'anybody';
          if (leader === null) {
            const taken = await index.takeLease(ref, { candidate, nowMs: 0, leaseMs: 0 });
            if (taken.kind === 'changed') {
              const epoch = taken.head.lease.leaderEpoch;
              return index.replacePages(
                ref,
                { leader: candidate, leaderEpoch: epoch },
                replacement,
              );
            }
          }
          return index.replacePages(ref, now, replacement);
        },
      })),
  },
  {
    name: 'segment-without-its-end',
    what: 'a page points to a segment from which the last part is missing',
    anomalies: unreadable,
    jobStores(stores) {
      const { objects } = stores;
      const create: typeof objects.create = async (key) => {
        const writer = await objects.create(key);
        let held: Uint8Array | undefined;
        return {
          ...writer,
          // The footer is the last, and what comes before it is lost.
          async append(bytes) {
            if (held && bytes.length > 60) await writer.append(held);
            held = bytes.slice();
          },
          async finish() {
            if (held) await writer.append(held);
            await writer.finish();
          },
        };
      };
      return { ...stores, objects: { ...objects, create } };
    },
  },
  {
    name: 'mark-without-its-page',
    what: 'what is compacted and the page that says where are two writes: now and then the second is missing',
    anomalies: unreadable,
    stores: (stores, { random }) =>
      withIndex(stores, (index) => ({
        async replacePages(ref, leadership, replacement) {
          const [before] = await index.findPages(ref, replacement.page.nextOffset - 1, 1);
          const page = before && random() < 0.3 ? before : replacement.page;
          return index.replacePages(ref, leadership, { ...replacement, page });
        },
      })),
  },
  {
    name: 'pages-deleted-first',
    what: 'the old pages are deleted before the new one is written',
    anomalies: unreadable,
    jobStores: (stores) =>
      withIndex(stores, (index) => ({
        async replacePages(ref, leadership, replacement) {
          const { baseOffset, nextOffset } = replacement.page;
          const pages = await index.findPages(ref, baseOffset, 1_000);
          const ends = pages.map((page) => page.nextOffset).filter((end) => end <= nextOffset);
          await index.deletePages(ref, ends);
          return index.replacePages(ref, leadership, replacement);
        },
      })),
  },
  {
    name: 'segment-deleted-in-doubt',
    what: 'a segment is deleted when the answer to the replacement of its page did not arrive',
    anomalies: unreadable,
    jobStores: (stores) =>
      withIndex(stores, (index) => ({
        async replacePages(ref, leadership, replacement) {
          try {
            return await index.replacePages(ref, leadership, replacement);
          } catch (error) {
            const keys = replacement.page.locations.map(({ objectKey }) => objectKey);
            await stores.objects.delete(keys);
            throw error;
          }
        },
      })),
  },
  {
    name: 'replaced-pages-stay',
    what: 'the pages of segments that became one stay beside the page that replaces them',
    anomalies: [...unreadable, 'resurrected'],
    jobStores: (stores) =>
      withIndex(stores, (index) => ({
        replacePages: (ref, leadership, { replaces: _, ...replacement }) =>
          index.replacePages(ref, leadership, replacement),
      })),
  },
  {
    name: 'merged-without-grace',
    what: 'segments that became one are deleted at once, whoever may still read them',
    anomalies: unreadable,
    jobStores: (stores) =>
      withIndex(stores, (index) => ({
        async replacePages(ref, leadership, replacement) {
          const { page, replaces } = replacement;
          const before = await index.findPages(ref, page.baseOffset, 1_000);
          const outcome = await index.replacePages(ref, leadership, replacement);
          const old = before.filter(({ nextOffset }) => nextOffset <= page.nextOffset);
          const keys = old.flatMap(({ locations }) => locations.map(({ objectKey }) => objectKey));
          if (outcome === 'replaced' && replaces) await stores.objects.delete(keys);
          return outcome;
        },
      })),
  },
  {
    name: 'hour-deleted-before-compaction',
    what: 'a WAL hour is deleted once the floors are raised, whatever is compacted',
    anomalies: unreadable,
    jobStores: (stores) => believing(stores, seemsFree),
  },
  {
    name: 'one-partition-not-asked',
    what: 'a WAL hour is deleted though one partition is not compacted yet',
    anomalies: unreadable,
    jobStores: (stores) =>
      believing(stores, (head, { partition }) => (partition === 0 ? seemsFree(head) : head)),
  },
  {
    name: 'floor-offset-not-recorded',
    what: 'a raised floor does not remember where the log ended',
    anomalies: unreadable,
    stores: (stores) => believing(stores, seemsFree),
  },
  {
    name: 'floor-not-raised-in-one-partition',
    what: 'one partition goes on to take commits below the floor',
    anomalies: unreadable,
    stores(stores) {
      const floors = new Map<string, { walFloor: number; walFloorOffset: number }>();
      const { index } = stores;
      const shown = (head: PartitionHead, { partition }: PartitionRef): PartitionHead =>
        partition === 0 ? { ...head, ...floors.get('0') } : head;
      const raiseWalFloor: PartitionIndex['raiseWalFloor'] = async (ref, walFloor) => {
        const head = await index.readHead(ref);
        if (!head) return { kind: 'noPartition' };
        if (ref.partition !== 0) return index.raiseWalFloor(ref, walFloor);
        const before = floors.get('0')?.walFloor ?? 0;
        if (walFloor > before) floors.set('0', { walFloor, walFloorOffset: head.nextOffset });
        return { kind: 'changed', head };
      };
      return believing(stores, shown, { raiseWalFloor });
    },
  },
  {
    name: 'short-roll-cuts-a-longer-tail',
    what: 'a short roll takes effect though the tail has grown into an ordinary page since',
    anomalies: [...unreadable, 'inconsistent-offsets', 'duplicate'],
    jobStores: (stores, { world }) =>
      withIndex(stores, (index) => ({
        async advanceTail(ref, { wholeTail: _, ...advance }) {
          await world.clock.sleep(200);
          return index.advanceTail(ref, advance);
        },
      })),
  },
  {
    name: 'log-start-falls',
    what: 'a log start is set to what was asked for, also when it is further already',
    anomalies: ['log-start-moved-back', 'out-of-range'],
    stores(stores) {
      const starts = new Map<number, number>();
      const shown = (head: PartitionHead, { partition }: PartitionRef) => ({
        ...head,
        logStartOffset: starts.get(partition) ?? head.logStartOffset,
      });
      return withIndex(stores, (index) => ({
        async readHead(ref) {
          const head = await index.readHead(ref);
          return head && shown(head, ref);
        },
        async raiseLogStart(ref, offset, leadership) {
          const outcome = await index.raiseLogStart(ref, offset, leadership);
          if (outcome.kind === 'changed') starts.set(ref.partition, offset);
          return outcome.kind === 'noPartition'
            ? outcome
            : { ...outcome, head: shown(outcome.head, ref) };
        },
      }));
    },
  },
  {
    name: 'trims-one-too-far',
    what: 'a trim takes the record at its offset as well',
    anomalies: ['over-trim', 'out-of-range'],
    stores: (stores) =>
      withIndex(stores, (index) => ({
        async raiseLogStart(ref, offset, leadership) {
          const head = await index.readHead(ref);
          const further = Math.min(offset + 1, head?.nextOffset ?? offset);
          return index.raiseLogStart(ref, further, leadership);
        },
      })),
  },
];
