/**
 * The exact twin of the other stores, in memory: the same decisions, carried out between two awaits.
 * For tests and simulation; nothing survives the process.
 */

import { copyRange } from '../../log/byte-parts.js';
import { decideCommit } from '../../log/commit.js';
import type { IndexPage } from '../../log/index-page.js';
import { decideLease, decideRelease, decideRenewal } from '../../log/lease.js';
import { decideLogStart } from '../../log/log-start.js';
import { decideReplacement } from '../../log/page-replacement.js';
import {
  emptyHead,
  type PartitionHead,
  type PartitionRef,
  partitionName,
} from '../../log/partition-head.js';
import type { ParkedProducer } from '../../log/producer-state.js';
import { decideAdvance } from '../../log/tail-roll.js';
import { decideWalFloor } from '../../log/wal-floor.js';
import { deleteListed } from '../delete-listed.js';
import type { ObjectStore } from '../object-store.js';
import type { HeadChange, PartitionIndex } from '../partition-index.js';
import { StoreError } from '../store-error.js';
import type { Stores } from '../stores.js';
import {
  alteredTopic,
  type BuriedTopic,
  grows,
  type Topic,
  type TopicStore,
} from '../topic-store.js';
import { createMemoryGroups } from './memory-groups.js';
import { createMemoryJobs } from './memory-jobs.js';
import { createMemoryKeys } from './memory-keys.js';

export function createMemoryStores(): Stores {
  return {
    objects: createMemoryObjects(),
    index: createMemoryIndex(),
    topics: createMemoryTopics(),
    inlineBytesMax: undefined,
    groups: createMemoryGroups(),
    keys: createMemoryKeys(),
    jobs: createMemoryJobs(),
    shared: false,
    close: async () => {},
  };
}

export function createMemoryObjects(): ObjectStore {
  const objects = new Map<string, Uint8Array>();
  const store: ObjectStore = {
    async put(key, parts) {
      if (objects.has(key)) return 'exists';
      objects.set(key, copyRange(parts));
      return 'written';
    },
    async read(key, position, sizeBytes) {
      const object = objects.get(key);
      if (!object) return { kind: 'missing' };
      const bytes = object.slice(position, position + sizeBytes);
      if (bytes.length === sizeBytes) return { kind: 'bytes', bytes };
      throw new StoreError(`object ${key} ends at ${object.length}`, {
        reason: 'corrupt',
        effect: 'none',
      });
    },
    async delete(keys) {
      for (const key of keys) objects.delete(key);
    },
    async create(key) {
      const parts: Uint8Array[] = [];
      return {
        append: async (bytes) => void parts.push(bytes.slice()),
        finish: async () => void objects.set(key, copyRange(parts)),
        abort: async () => {},
      };
    },
    list: async (prefix, countMax, after = '') =>
      [...objects.keys()]
        .filter((key) => key.startsWith(prefix) && key > after)
        .sort()
        .slice(0, countMax),
    async listPrefixes(prefix) {
      const inner = [...objects.keys()].filter((key) => key.startsWith(prefix));
      const names = inner.map((key) => key.slice(prefix.length).split('/'));
      return [...new Set(names.filter(({ length }) => length > 1).map(([name]) => name as string))];
    },
    deletePrefix: (prefix, countMax) => deleteListed(store, prefix, countMax),
  };
  return store;
}

type PartitionState = {
  head: PartitionHead;
  /** In order of their ends. */
  pages: IndexPage[];
  readonly parked: Map<string, ParkedProducer>;
  notes?: { readonly leaderEpoch: number; readonly text: string };
};

export function createMemoryIndex(): PartitionIndex {
  const partitions = new Map<string, PartitionState>();
  const find = (ref: PartitionRef) => partitions.get(partitionName(ref));

  function change(
    ref: PartitionRef,
    decide: (head: PartitionHead) => PartitionHead | undefined,
  ): HeadChange {
    const state = find(ref);
    if (!state) return { kind: 'noPartition' };
    const head = decide(state.head);
    if (!head) return { kind: 'refused', head: state.head };
    state.head = head;
    return { kind: 'changed', head };
  }

  return {
    async createPartitions(topicId, from, to, walFloor = 0) {
      for (let partition = from; partition < to; partition++) {
        const key = partitionName({ topicId, partition });
        const there = partitions.get(key);
        if (there) there.head = decideWalFloor(there.head, walFloor);
        else {
          const head = { ...emptyHead, walFloor };
          partitions.set(key, { head, pages: [], parked: new Map() });
        }
      }
    },
    async deletePartitions(topicId, partitionCount) {
      for (let partition = 0; partition < partitionCount; partition++) {
        partitions.delete(partitionName({ topicId, partition }));
      }
    },
    async commit(ref, request) {
      const state = find(ref);
      if (!state) return { kind: 'noPartition' };
      const decision = decideCommit(state.head, request);
      if (decision.kind === 'refused') return { kind: 'refused', head: state.head };
      state.head = decision.head;
      return decision;
    },
    readHead: async (ref) => find(ref)?.head,
    async writePage(ref, page) {
      const pages = find(ref)?.pages;
      if (pages && !pages.some(({ nextOffset }) => nextOffset === page.nextOffset)) {
        putPage(pages, page);
      }
    },
    advanceTail: async (ref, advance) =>
      change(ref, (head) => {
        const decision = decideAdvance(head, advance);
        return decision.kind === 'advanced' ? decision.head : undefined;
      }),
    async findPages(ref, offset, pagesMax) {
      const pages = find(ref)?.pages ?? [];
      const first = pages.findIndex(({ nextOffset }) => nextOffset > offset);
      return first === -1 ? [] : pages.slice(first, first + pagesMax);
    },
    async parkProducer(ref, producer, state) {
      const parked = find(ref)?.parked;
      const before = parked?.get(producer);
      if (before && before.lastBaseOffset > state.lastBaseOffset) return;
      parked?.set(producer, state);
    },
    findParkedProducer: async (ref, producer) => find(ref)?.parked.get(producer),
    setFencingToken: async (ref, token, expected) =>
      change(ref, (head) =>
        expected === undefined || expected === head.fencingToken
          ? { ...head, fencingToken: token }
          : undefined,
      ),
    raiseWalFloor: async (ref, walFloor) => change(ref, (head) => decideWalFloor(head, walFloor)),
    raiseLogStart: async (ref, offset, leadership) =>
      change(ref, (head) => decideLogStart(head, offset, leadership)),
    takeLease: async (ref, request) => change(ref, (head) => decideLease(head, request)),
    renewLease: async (ref, leadership, leaseExpiresMs) =>
      change(ref, (head) => decideRenewal(head, leadership, leaseExpiresMs)),
    releaseLease: async (ref, leadership) => change(ref, (head) => decideRelease(head, leadership)),
    async replacePages(ref, leadership, replacement) {
      const { kind } = change(ref, (head) => decideReplacement(head, leadership, replacement));
      if (kind !== 'changed') return kind;
      const state = find(ref);
      if (!state) return 'noPartition';
      const { page, replaces = [] } = replacement;
      state.pages = state.pages.filter(({ nextOffset }) => !replaces.includes(nextOffset));
      putPage(state.pages, page);
      return 'replaced';
    },
    async deletePages(ref, ends) {
      const state = find(ref);
      if (state) state.pages = state.pages.filter(({ nextOffset }) => !ends.includes(nextOffset));
    },
    readNotes: async (ref) => find(ref)?.notes?.text,
    async writeNotes(ref, leaderEpoch, text) {
      const state = find(ref);
      if (!state || (state.notes && state.notes.leaderEpoch > leaderEpoch)) return false;
      state.notes = { leaderEpoch, text };
      return true;
    },
    // Here all of it went with the head.
    sweepPartition: async () => {},
    closePartition: async (ref) => change(ref, (head) => ({ ...head, closed: true })),
  };
}

function putPage(pages: IndexPage[], page: IndexPage): void {
  const taken = pages.findIndex(({ nextOffset }) => nextOffset === page.nextOffset);
  if (taken !== -1) pages.splice(taken, 1);
  pages.push(page);
  pages.sort((a, b) => a.nextOffset - b.nextOffset);
}

export function createMemoryTopics(): TopicStore {
  const topics = new Map<string, Topic>();
  const buried = new Map<string, BuriedTopic>();
  let producerIds = 0;
  let storeFloor = 0;
  return {
    async create(topic, walFloor = 0) {
      if (topics.has(topic.name)) return 'exists';
      if (walFloor < storeFloor) return 'belowFloor';
      topics.set(topic.name, topic);
      return 'created';
    },
    find: async (name) => topics.get(name),
    async list(countMax, after) {
      const names = [...topics.keys()].sort().filter((name) => after === undefined || name > after);
      const page = names.slice(0, countMax).map((name) => topics.get(name) as Topic);
      const last = page.at(-1);
      return names.length > countMax && last
        ? { topics: page, after: last.name }
        : { topics: page };
    },
    async alter(before, state, walFloor = 0) {
      const now = topics.get(before.name);
      if (now?.topicId !== before.topicId) return { kind: 'missing' };
      if (now.version !== before.version) return { kind: 'stale', topic: now };
      if (grows(before, state) && walFloor < storeFloor) return { kind: 'belowFloor' };
      const topic = alteredTopic(now, state);
      topics.set(topic.name, topic);
      return { kind: 'altered', topic };
    },
    async delete({ name, topicId, partitionCount }) {
      const now = topics.get(name);
      if (now?.topicId !== topicId || now.partitionCount !== partitionCount) return 'missing';
      topics.delete(name);
      return 'deleted';
    },
    async bury(topic) {
      const before = buried.get(topic.topicId)?.partitionCount ?? 0;
      if (topic.partitionCount >= before) buried.set(topic.topicId, topic);
    },
    buried: async (countMax, after = '') =>
      [...buried.values()]
        .filter(({ topicId }) => topicId > after)
        .sort((a, b) => (a.topicId < b.topicId ? -1 : 1))
        .slice(0, countMax),
    forget: async (topicId) => void buried.delete(topicId),
    walFloor: async () => storeFloor,
    async raiseWalFloor(walFloor) {
      storeFloor = Math.max(storeFloor, walFloor);
    },
    nextProducerId: async () => producerIds++,
  };
}
