/**
 * Who acts on the partition, as small step machines: what each does next follows from its own memory
 * alone, and from the reply. They follow lib/broker (partition-writer, roll-tail) and DESIGN, Clean-up.
 */

import { type Admission, type CommitRequest, explainRefusal } from '../../lib/log/commit.js';
import { placeTail } from '../../lib/log/partition-head.js';
import { planEviction, planRolls, type TailRolls } from '../../lib/log/tail-roll.js';
import { type Call, type Reply, readLocations, type Store } from './partition-model.js';

/** A call whose reply is undefined may have taken effect, or may still. A look reads, and never fails. */
export type Move<Memory> =
  | { readonly call: Call; after(reply: Reply | undefined): Memory }
  | { readonly look: string; after(store: Store): Memory };

export type Actor<Memory extends object> = {
  readonly name: string;
  readonly initial: Memory;
  moves(memory: Memory, store: Store): Move<Memory>[];
  /** What the actor was told, against what is. */
  check?(memory: Memory, store: Store): string | undefined;
};

export type Result =
  | { readonly batch: string; readonly kind: 'acked'; readonly baseOffset: number }
  | { readonly batch: string; readonly kind: 'none' | 'unknown' };

export type WriterMemory = {
  readonly at: 'upload' | 'commit' | 'admit' | 'end';
  readonly batch: number;
  readonly uploads: number;
  readonly bucket: number;
  /** The eviction counter and the producer's state as last heard of. */
  readonly evictions: number;
  readonly admissions: Readonly<Record<string, Admission>>;
  readonly doubtful: boolean;
  readonly tries: number;
  readonly results: readonly Result[];
};

export type WriterTraits = {
  readonly name: string;
  readonly batchCount: number;
  readonly recordCount: number;
  readonly fencingToken?: string;
  /** A client with a producer of its own sends again, to an instance that knows nothing. */
  readonly idempotent: boolean;
  readonly triesMax: number;
  /** A deliberate bug: a refusal is taken for a loss, and the batch is sent as a new one. */
  readonly forgetful?: boolean;
};

const initial: WriterMemory = {
  at: 'upload',
  batch: 0,
  uploads: 0,
  bucket: 1,
  evictions: 0,
  admissions: {},
  doubtful: false,
  tries: 0,
  results: [],
};

export function createWriter(traits: WriterTraits): Actor<WriterMemory> {
  const { name, batchCount, recordCount, fencingToken, idempotent, triesMax } = traits;
  const batchName = ({ batch }: WriterMemory) => `${name}${batch}`;
  // Without a client's producer it is the instance's own, another one for every upload.
  const producerOf = ({ uploads }: WriterMemory) => (idempotent ? name : `${name}/${uploads}`);

  function requestOf(memory: WriterMemory): CommitRequest {
    const producer = producerOf(memory);
    const baseSequence = idempotent ? memory.batch * recordCount : 0;
    const neverWrote = !idempotent && memory.tries === 0;
    const assumed = baseSequence === 0 && (memory.evictions === 0 || neverWrote);
    const { evictions } = memory;
    const admissions: Record<string, Admission> = assumed
      ? { [producer]: { evictions, parked: null }, ...memory.admissions }
      : memory.admissions;
    const nextSequence = baseSequence + recordCount;
    return {
      entry: {
        objectKey: `${name}-${memory.uploads}`,
        position: 4,
        sizeBytes: recordCount,
        recordCount,
        maxTimestampMs: 0,
        splits: [],
        stamps: [{ producer, epoch: 0, baseSequence, nextSequence, recordDelta: 0 }],
      },
      walBucket: memory.bucket,
      admissions,
      ...(fencingToken !== undefined && { fencingToken }),
    };
  }

  function settle(memory: WriterMemory, result: Result): WriterMemory {
    const batch = memory.batch + 1;
    // A producer whose batch is undecided or refused has no next sequence: its client stops.
    const stops = batch === batchCount || (idempotent && result.kind !== 'acked');
    const results = [...memory.results, result];
    // All that is forgotten makes states equal.
    if (stops) return { ...initial, at: 'end', results };
    return { ...upload({ ...memory, doubtful: false, tries: 0 }), batch, results };
  }

  const upload = (memory: WriterMemory): WriterMemory => ({
    ...memory,
    at: 'upload',
    uploads: memory.uploads + 1,
    admissions: {},
  });

  function afterCommit(memory: WriterMemory, reply: Reply | undefined): WriterMemory {
    const batch = batchName(memory);
    const tries = memory.tries + 1;
    const undecided = memory.doubtful ? 'unknown' : 'none';
    if (!reply) {
      if (tries >= triesMax) return settle(memory, { batch, kind: 'unknown' });
      return { ...memory, tries, doubtful: true };
    }
    if (reply.baseOffset !== undefined) {
      return settle(memory, { batch, kind: 'acked', baseOffset: reply.baseOffset });
    }
    const { head } = reply.store;
    const request = requestOf(memory);
    const knows = { ...memory, tries, evictions: head.evictions };
    if (traits.forgetful && tries < triesMax) return upload(knows);
    const own = placeTail(head).find(({ objectKey }) => objectKey === request.entry.objectKey);
    if (own) return settle(memory, { batch, kind: 'acked', baseOffset: own.baseOffset });
    const refusal = explainRefusal(head, request);
    if (refusal.kind === 'stamps') {
      const [verdict] = refusal.verdicts;
      if (verdict?.kind !== 'duplicate') return settle(memory, { batch, kind: undecided });
      return settle(memory, { batch, kind: 'acked', baseOffset: verdict.baseOffset });
    }
    if (refusal.kind === 'fencingToken') return settle(memory, { batch, kind: undecided });
    if (tries >= triesMax) return settle(memory, { batch, kind: undecided });
    if (refusal.kind === 'needsAdmission') return { ...knows, at: 'admit' };
    if (refusal.kind === 'belowWalFloor') return { ...upload(knows), bucket: refusal.walFloor };
    return knows;
  }

  return {
    name,
    initial,
    moves(memory) {
      if (memory.at === 'end') return [];
      if (memory.at === 'admit') {
        const after = ({ parked }: Store): WriterMemory => {
          const producer = producerOf(memory);
          const admission = { evictions: memory.evictions, parked: parked[producer] ?? null };
          return { ...memory, at: 'commit', admissions: { [producer]: admission } };
        };
        return [{ look: 'parked', after }];
      }
      const request = requestOf(memory);
      if (memory.at === 'upload') {
        const { objectKey } = request.entry;
        const call: Call = { call: 'upload', objectKey, bucket: memory.bucket };
        const after = (reply: Reply | undefined): WriterMemory =>
          reply ? { ...memory, at: 'commit' } : upload(memory);
        return [{ call, after }];
      }
      const call: Call = { call: 'commit', batch: batchName(memory), request };
      const again: Move<WriterMemory> = {
        call,
        after: (reply: Reply | undefined) => afterCommit(memory, reply),
      };
      const tries = memory.tries + 1;
      if (!memory.doubtful || !idempotent || tries >= triesMax) return [again];
      // The client gives up waiting and sends it to another instance, which knows nothing.
      const elsewhere = { ...upload(memory), tries, evictions: 0 };
      return [again, { look: 'send again', after: () => elsewhere }];
    },
    check({ results }, { log }) {
      for (const result of results) {
        const found = log.find(({ batch }) => batch === result.batch);
        if (result.kind === 'none' && found) return `${result.batch} failed but is in the log`;
        if (result.kind === 'acked' && found?.baseOffset !== result.baseOffset) {
          return `${result.batch} was acknowledged at ${result.baseOffset}, is at ${found?.baseOffset}`;
        }
      }
      return undefined;
    },
  };
}

export type RollerMemory = {
  readonly roll: TailRolls | null;
  readonly todo: readonly ('park' | 'pages')[];
  readonly rounds: number;
};

/** `careless`, a deliberate bug: parks what leaves the head only after it has left. */
export function createRoller(
  name: string,
  roundsMax: number,
  careless = false,
): Actor<RollerMemory> {
  function plan({ head }: Store, rounds: number): RollerMemory {
    const eviction = planEviction(head);
    const roll = planRolls(head) ?? (eviction && { pages: [], ...eviction });
    if (!roll) return { roll: null, todo: [], rounds };
    const parks = Object.keys(roll.park).length > 0 && !careless ? (['park'] as const) : [];
    const todo = [...parks, ...(roll.pages.length > 0 ? (['pages'] as const) : [])];
    return { roll, todo, rounds };
  }
  return {
    name,
    initial: { roll: null, todo: [], rounds: 0 },
    moves(memory, store) {
      const { roll, todo, rounds } = memory;
      const stop = { roll: null, todo: [], rounds: rounds + 1 };
      if (!roll) {
        if (rounds >= roundsMax || !plan(store, rounds).roll) return [];
        return [{ look: 'head', after: (seen: Store) => plan(seen, rounds) }];
      }
      if (todo.length > 0) {
        return todo.map((what): Move<RollerMemory> => {
          const { park, pages } = roll;
          const call: Call = what === 'park' ? { call: 'park', park } : { call: 'pages', pages };
          const left = todo.filter((other) => other !== what);
          return {
            call,
            after: (reply: Reply | undefined) => (reply ? { ...memory, todo: left } : stop),
          };
        });
      }
      const { advance } = roll;
      const after = (): RollerMemory => stop;
      return [{ call: { call: 'advance', advance }, after }];
    },
  };
}

export type FencerMemory = { readonly fencedFrom: number | null; readonly tries: number };

/** Takes the log away from whoever holds token `x`. */
export function createFencer(): Actor<FencerMemory> {
  return {
    name: 'fencer',
    initial: { fencedFrom: null, tries: 0 },
    moves({ fencedFrom, tries }) {
      if (fencedFrom !== null || tries > 1) return [];
      const after = (reply: Reply | undefined): FencerMemory => ({
        fencedFrom: reply ? reply.store.log.length : null,
        tries: tries + 1,
      });
      return [{ call: { call: 'fence', token: 'y' }, after }];
    },
    check({ fencedFrom }, { log }) {
      const late = fencedFrom !== null && log.slice(fencedFrom).find(({ token }) => token === 'x');
      return late ? `${late.batch} was written after the fence` : undefined;
    },
  };
}

export type DeleterMemory = { readonly at: 'floor' | 'look' | 'delete' | 'end' };

/** Deletes bucket 1 once nothing points there. `hasty`, a deliberate bug: without the floor. */
export function createDeleter(hasty = false): Actor<DeleterMemory> {
  return {
    name: 'deleter',
    initial: { at: hasty ? 'look' : 'floor' },
    moves({ at }) {
      if (at === 'end') return [];
      if (at === 'look') {
        const after = (store: Store): DeleterMemory => {
          const pointed = readLocations(store).some(({ objectKey }) => {
            const bucket = store.objects[objectKey];
            return bucket !== undefined && bucket < 2;
          });
          return { at: pointed ? 'end' : 'delete' };
        };
        return [{ look: 'who points to bucket 1', after }];
      }
      if (at === 'floor') {
        const after = (reply: Reply | undefined): DeleterMemory => ({
          at: reply ? 'look' : 'floor',
        });
        return [{ call: { call: 'floor', walFloor: 2 }, after }];
      }
      return [{ call: { call: 'delete', below: 2 }, after: (): DeleterMemory => ({ at: 'end' }) }];
    },
  };
}
