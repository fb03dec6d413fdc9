/**
 * Deliberate bugs of the index: heads that are old or ahead, rolls that lose or double entries, and
 * producers that leave the head too early.
 */

import { type CommitRequest, decideCommit } from '../../../lib/log/commit.js';
import type { IndexPage } from '../../../lib/log/index-page.js';
import type { PartitionHead, PartitionRef } from '../../../lib/log/partition-head.js';
import { type Bug, withIndex } from './bug.js';

const keyOf = ({ topicId, partition }: PartitionRef) => `${topicId}/${partition}`;

/** Takes what it finds at the end of a read for the whole: the other half went with the neighbour. */
function withoutNeighbours(page: IndexPage, head: PartitionHead | undefined): IndexPage {
  const locations = page.locations.map((location) => {
    const first = head?.tail.find(
      ({ objectKey, position }) =>
        objectKey === location.objectKey && position === location.position,
    );
    if (!first || first.sizeBytes >= location.sizeBytes) return location;
    const { sizeBytes, recordCount } = first;
    return { ...location, sizeBytes, recordCount };
  });
  return { ...page, locations };
}

export const indexBugs: readonly Bug[] = [
  {
    name: 'stale-heads',
    what: 'heads are read without asking for consistency: now and then the one before is served',
    anomalies: ['stale-read', 'nonmonotonic-poll'],
    stores(stores, { random }) {
      const before = new Map<string, PartitionHead>();
      return withIndex(stores, (index) => ({
        async commit(ref, request) {
          const head = await index.readHead(ref);
          if (head) before.set(keyOf(ref), head);
          return index.commit(ref, request);
        },
        async readHead(ref) {
          const old = random() < 0.2 ? before.get(keyOf(ref)) : undefined;
          return old ?? index.readHead(ref);
        },
      }));
    },
  },
  {
    name: 'serves-uncommitted',
    what: 'a reader sees entries whose commit is still being judged',
    anomalies: ['aborted-read', 'inconsistent-offsets', 'duplicate', 'stale-read'],
    stores(stores, { world }) {
      const coming = new Map<string, CommitRequest>();
      return withIndex(stores, (index) => ({
        async commit(ref, request) {
          coming.set(keyOf(ref), request);
          await world.clock.sleep(20);
          if (coming.get(keyOf(ref)) === request) coming.delete(keyOf(ref));
          return index.commit(ref, request);
        },
        async readHead(ref) {
          const head = await index.readHead(ref);
          const request = coming.get(keyOf(ref));
          const decision = head && request && decideCommit(head, request);
          return decision?.kind === 'committed' ? decision.head : head;
        },
      }));
    },
  },
  {
    name: 'pages-off-by-one',
    what: 'the page that ends right after the wanted offset is not found',
    anomalies: ['unreadable'],
    stores: (stores) =>
      withIndex(stores, (index) => ({
        findPages: (ref, offset, pagesMax) => index.findPages(ref, offset + 1, pagesMax),
      })),
  },
  {
    name: 'rolls-without-condition',
    what: 'the tail is cut whatever its base is by now',
    anomalies: ['inconsistent-offsets', 'lost-write', 'unreadable', 'gap', 'poll-skip'],
    stores: (stores) =>
      withIndex(stores, (index) => ({
        async advanceTail(ref, advance) {
          const head = await index.readHead(ref);
          if (!head || head.tail.length < advance.entryCount) {
            return index.advanceTail(ref, advance);
          }
          const { tailBaseOffset } = head;
          return index.advanceTail(ref, { ...advance, tailBaseOffset, evict: {} });
        },
      })),
  },
  {
    name: 'pages-written-twice',
    what: 'a second roller adds its entries to the page of the first',
    anomalies: ['inconsistent-offsets', 'duplicate', 'torn-batch'],
    stores(stores) {
      const written = new Map<string, number>();
      const nameOf = (ref: PartitionRef, page: IndexPage) => `${keyOf(ref)}/${page.nextOffset}`;
      return withIndex(stores, (index) => ({
        writePage(ref, page) {
          written.set(nameOf(ref, page), (written.get(nameOf(ref, page)) ?? 0) + 1);
          return index.writePage(ref, page);
        },
        async findPages(ref, offset, pagesMax) {
          const pages = await index.findPages(ref, offset, pagesMax);
          return pages.map((page) => {
            const twice = (written.get(nameOf(ref, page)) ?? 0) > 1;
            return twice ? { ...page, locations: page.locations.flatMap((l) => [l, l]) } : page;
          });
        },
      }));
    },
  },
  {
    name: 'roll-drops-an-entry',
    what: 'the last entry of a roll does not get into its page',
    anomalies: ['lost-write', 'poll-skip', 'gap', 'unreadable'],
    stores: (stores) =>
      withIndex(stores, (index) => ({
        writePage(ref, page) {
          const locations = page.locations.slice(0, -1);
          return index.writePage(ref, locations.length > 0 ? { ...page, locations } : page);
        },
      })),
  },
  {
    name: 'page-loses-a-neighbour',
    what: 'of two entries that are joined in a page only the first one’s bytes are kept',
    anomalies: ['inconsistent-offsets', 'duplicate', 'lost-write', 'poll-skip', 'torn-batch'],
    stores: (stores) =>
      withIndex(stores, (index) => ({
        async writePage(ref, page) {
          const head = await index.readHead(ref);
          return index.writePage(ref, withoutNeighbours(page, head));
        },
      })),
  },
  {
    name: 'evicts-without-parking',
    what: 'producers leave the head and their state is kept nowhere',
    anomalies: ['duplicate', 'retry-moved', 'producer-forgotten'],
    stores: (stores) => withIndex(stores, () => ({ parkProducer: async () => {} })),
  },
  {
    name: 'evicts-with-entries-in-the-tail',
    what: 'a producer leaves the head as the last roll knew it, though it wrote since',
    anomalies: ['duplicate', 'retry-moved', 'producer-forgotten'],
    stores: (stores) =>
      withIndex(stores, (index) => ({
        async advanceTail(ref, advance) {
          const head = await index.readHead(ref);
          const name = head?.tail.at(-1)?.stamps[0]?.producer ?? '';
          const entry = head?.producers[name];
          if (!entry) return index.advanceTail(ref, advance);
          const spans = head?.windows[name]?.spans ?? [];
          const last = spans.at(-1);
          const { epoch, nextSequence } = last ?? entry;
          const lastBaseOffset = last?.baseOffset ?? 0;
          if (last) {
            await index.parkProducer(ref, name, { epoch, nextSequence, spans, lastBaseOffset });
          }
          return index.advanceTail(ref, { ...advance, evict: { ...advance.evict, [name]: entry } });
        },
      })),
  },
  {
    name: 'roll-forgets-windows',
    what: 'a roll does not keep what its entries said of their producers',
    anomalies: ['producer-forgotten', 'duplicate'],
    stores: (stores) =>
      withIndex(stores, (index) => ({
        advanceTail: (ref, advance) => index.advanceTail(ref, { ...advance, windows: {} }),
      })),
  },
];
