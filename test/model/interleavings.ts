/**
 * Every interleaving of some actors: each call acts and replies, acts and its reply is lost, fails before
 * it acts, or is given up and acts at any later time. So many of the last three as `faultsMax` says.
 */

import type { Actor } from './actors.js';
import { createInterner, type Model } from './explorer.js';
import {
  type Call,
  carryOut,
  checkStore,
  emptyStore,
  type Rules,
  type Store,
} from './partition-model.js';

type State = {
  readonly store: Store;
  readonly memories: readonly object[];
  /** Calls that were given up and may still arrive. */
  readonly late: readonly Call[];
  readonly faults: number;
};

// biome-ignore lint/suspicious/noExplicitAny: actors of every kind of memory side by side
export type AnyActor = Actor<any>;

export function interleavingsOf(
  actors: readonly AnyActor[],
  faultsMax: number,
  rules: Rules,
  start: Store = emptyStore,
): Model<State> {
  const { intern, numberOf } = createInterner();
  const sound = new WeakMap<Store, string | undefined>();

  function remember(state: State, actor: number, memory: object): readonly object[] {
    return state.memories.map((old, i) => (i === actor ? intern(memory) : old));
  }

  function* movesOf(state: State, i: number): Generator<readonly [string, State]> {
    const actor = actors[i] as AnyActor;
    for (const move of actor.moves(state.memories[i], state.store)) {
      if ('look' in move) {
        const memories = remember(state, i, move.after(state.store));
        yield [`${actor.name}: ${move.look}`, { ...state, memories }];
        continue;
      }
      const label = `${actor.name}: ${move.call.call}`;
      const reply = carryOut(state.store, move.call, rules);
      const store = intern(reply.store);
      const memories = remember(state, i, move.after({ ...reply, store }));
      yield [label, { ...state, store, memories }];
      // An upload that is given up is an object more, which nobody knows.
      if (state.faults >= faultsMax || move.call.call === 'upload') continue;
      const doubting = {
        ...state,
        memories: remember(state, i, move.after(undefined)),
        faults: state.faults + 1,
      };
      yield [`${label}, reply lost`, { ...doubting, store }];
      yield [`${label}, failed`, doubting];
      const late = [...state.late, intern(move.call)];
      yield [`${label}, given up`, { ...doubting, late }];
    }
  }

  return {
    initial: {
      store: intern(start),
      memories: actors.map(({ initial }) => intern(initial)),
      late: [],
      faults: 0,
    },
    *steps(state) {
      for (let i = 0; i < actors.length; i++) yield* movesOf(state, i);
      for (const call of state.late) {
        const store = intern(carryOut(state.store, call, rules).store);
        const late = state.late.filter((other) => other !== call);
        yield [`${call.call} arrives late`, { ...state, store, late }];
      }
    },
    key({ store, memories, late, faults }) {
      const calls = late.map(numberOf).sort((a, b) => a - b);
      return [numberOf(store), ...memories.map(numberOf), faults, ...calls].join();
    },
    check({ store, memories }) {
      if (!sound.has(store)) sound.set(store, checkStore(store));
      const wrong = sound.get(store);
      if (wrong !== undefined) return wrong;
      for (const [i, { check }] of actors.entries()) {
        const complaint = check?.(memories[i], store);
        if (complaint !== undefined) return complaint;
      }
      return undefined;
    },
  };
}
