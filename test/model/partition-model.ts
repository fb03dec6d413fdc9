/**
 * One partition as its index and objects keep it, changed by the real decisions of lib/log. `log` is the
 * model's own memory: every batch that was ever committed, in order, whatever index and head say.
 */

import { type CommitRequest, decideCommit } from '../../lib/log/commit.js';
import type { IndexPage } from '../../lib/log/index-page.js';
import { emptyHead, type PartitionHead, placeTail } from '../../lib/log/partition-head.js';
import type { ParkedProducer } from '../../lib/log/producer-state.js';
import { decideAdvance, type TailAdvance } from '../../lib/log/tail-roll.js';

export type Committed = {
  readonly batch: string;
  readonly objectKey: string;
  readonly baseOffset: number;
  readonly recordCount: number;
  readonly token: string | null;
};

export type Store = {
  readonly head: PartitionHead;
  readonly pages: Readonly<Record<number, IndexPage>>;
  readonly parked: Readonly<Record<string, ParkedProducer>>;
  /** WAL bucket of every object that exists. */
  readonly objects: Readonly<Record<string, number>>;
  readonly log: readonly Committed[];
};

export const emptyStore: Store = {
  head: { ...emptyHead, walFloor: 1, fencingToken: 'x' },
  pages: {},
  parked: {},
  objects: {},
  log: [],
};

/** The decisions that a store carries out, so that a test can spoil one. */
export type Rules = {
  readonly decideCommit: typeof decideCommit;
  readonly decideAdvance: typeof decideAdvance;
};

export const realRules: Rules = { decideCommit, decideAdvance };

export type Call =
  | { readonly call: 'upload'; readonly objectKey: string; readonly bucket: number }
  | { readonly call: 'commit'; readonly batch: string; readonly request: CommitRequest }
  | { readonly call: 'park'; readonly park: Readonly<Record<string, ParkedProducer>> }
  | { readonly call: 'pages'; readonly pages: readonly IndexPage[] }
  | { readonly call: 'advance'; readonly advance: TailAdvance }
  | { readonly call: 'fence'; readonly token: string }
  | { readonly call: 'floor'; readonly walFloor: number }
  | { readonly call: 'delete'; readonly below: number };

/** Whether it took effect, and the head afterwards; `baseOffset` for a commit. */
export type Reply = { readonly done: boolean; readonly store: Store; readonly baseOffset?: number };

export function carryOut(store: Store, call: Call, rules: Rules): Reply {
  const { head } = store;
  const changed = (change: Partial<Store>): Reply => ({
    done: true,
    store: { ...store, ...change },
  });
  switch (call.call) {
    case 'upload':
      return changed({ objects: { ...store.objects, [call.objectKey]: call.bucket } });
    case 'commit':
      return commit(store, call.batch, call.request, rules);
    case 'park': {
      const newer = Object.entries(call.park).filter(
        ([name, { lastBaseOffset }]) =>
          lastBaseOffset >= (store.parked[name]?.lastBaseOffset ?? Number.NEGATIVE_INFINITY),
      );
      return changed({ parked: { ...store.parked, ...Object.fromEntries(newer) } });
    }
    case 'pages': {
      const written = Object.fromEntries(call.pages.map((page) => [page.nextOffset, page]));
      // The first page with an end stays.
      return changed({ pages: { ...written, ...store.pages } });
    }
    case 'advance': {
      const decision = rules.decideAdvance(head, call.advance);
      return decision.kind === 'advanced'
        ? changed({ head: decision.head })
        : { done: false, store };
    }
    case 'fence':
      return changed({ head: { ...head, fencingToken: call.token } });
    case 'floor':
      return changed({ head: { ...head, walFloor: Math.max(head.walFloor, call.walFloor) } });
    case 'delete': {
      const kept = Object.entries(store.objects).filter(([, bucket]) => bucket >= call.below);
      return changed({ objects: Object.fromEntries(kept) });
    }
  }
}

function commit(store: Store, batch: string, request: CommitRequest, rules: Rules): Reply {
  const decision = rules.decideCommit(store.head, request);
  if (decision.kind === 'refused') return { done: false, store };
  const { baseOffset } = decision;
  const { objectKey, recordCount } = request.entry;
  const token = request.fencingToken ?? null;
  const log = [...store.log, { batch, objectKey, baseOffset, recordCount, token }];
  return { done: true, baseOffset, store: { ...store, head: decision.head, log } };
}

/** Where readers find each batch: index pages up to the tail, then the tail. */
export function readLocations({ head, pages }: Store) {
  const placed: { objectKey: string; baseOffset: number; recordCount: number }[] = [];
  const ends = Object.keys(pages).map(Number);
  for (const end of ends.sort((a, b) => a - b)) {
    let baseOffset = pages[end]?.baseOffset ?? 0;
    for (const { objectKey, recordCount } of pages[end]?.locations ?? []) {
      if (end <= head.tailBaseOffset) placed.push({ objectKey, baseOffset, recordCount });
      baseOffset += recordCount;
    }
  }
  for (const { objectKey, baseOffset, recordCount } of placeTail(head)) {
    placed.push({ objectKey, baseOffset, recordCount });
  }
  return placed;
}

/** P1, P2 and P5 of one store: dense, each batch once, readers find exactly the log, all bytes there. */
export function checkStore(store: Store): string | undefined {
  const batches = new Set(store.log.map(({ batch }) => batch));
  if (batches.size < store.log.length) return 'a batch is in the log twice';
  let end = 0;
  for (const { baseOffset, recordCount } of store.log) {
    if (baseOffset !== end) return `offset ${end} is ${baseOffset > end ? 'empty' : 'taken twice'}`;
    end += recordCount;
  }
  if (store.head.nextOffset !== end) return 'the head ends elsewhere than the log';
  const wanted = store.log.map(({ objectKey, baseOffset }) => `${objectKey}@${baseOffset}`);
  const read = readLocations(store).map(
    ({ objectKey, baseOffset }) => `${objectKey}@${baseOffset}`,
  );
  if (read.join() !== wanted.join()) return `readers find ${read}, the log is ${wanted}`;
  const missing = store.log.find(({ objectKey }) => store.objects[objectKey] === undefined);
  return missing && `the log points to ${missing.objectKey}, which is deleted`;
}
