/**
 * Stores that fail as the outside fails, call by call: before they act, after they acted but before the
 * reply arrived, later than anybody waits for, or with other bytes than were written. Every call is
 * remembered, so that a test can count what a request costs.
 */

import type { ObjectStore } from '../../lib/store/object-store.js';
import { StoreError, type StoreErrorReason } from '../../lib/store/store-error.js';
import type { Stores } from '../../lib/store/stores.js';

export type Fault =
  /** Fails and has done nothing. */
  | { readonly kind: 'before'; readonly reason?: StoreErrorReason }
  /** Acts, but the reply is lost. */
  | { readonly kind: 'lost'; readonly reason?: StoreErrorReason }
  /** The caller gives it up; it acts at the test's `deliver`. */
  | { readonly kind: 'delayed' }
  /** Acts, the reply is lost, and the same request acts again at the test's `deliver`. */
  | { readonly kind: 'duplicated' }
  /** Acts as soon as `gate` is open, or acts and answers as soon as it is. */
  | { readonly kind: 'slow'; readonly gate: Gate; readonly acts: 'late' | 'early' }
  /** Acts, the reply is lost, and as soon as `gate` is open the store itself asks again. */
  | { readonly kind: 'asked twice'; readonly gate: Gate }
  /** Acts, and answers something else. */
  | { readonly kind: 'altered'; change(answer: unknown): unknown }
  /** Fails as no store may. */
  | { readonly kind: 'crash'; readonly error: unknown };

/** Methods by their full name: `index.commit`, `objects.put`, `topics.create`. */
export type Call = { readonly method: string; readonly args: readonly unknown[] };

export type FaultyStores = {
  readonly stores: Stores;
  readonly calls: Call[];
  count(method: string): number;
  /** The next `times` calls of this method suffer `fault`; queued behind faults given before. */
  fail(method: string, fault: Fault | undefined, times?: number): void;
  /** Requests that were given up and have still to arrive. */
  stray(): number;
  /** Lets one of them arrive, the oldest unless said otherwise. What it answers is heard by nobody. */
  deliver(index?: number): Promise<void>;
};

export type Gate = { readonly opened: Promise<void>; open(): void };

export function createGate(): Gate {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

type Method = (...args: unknown[]) => Promise<unknown>;

/** `choose` is asked for calls that no `fail` is waiting for. */
export function createFaultyStores(
  stores: Stores,
  choose: (call: Call) => Fault | undefined = () => undefined,
): FaultyStores {
  const calls: Call[] = [];
  const planned = new Map<string, (Fault | undefined)[]>();
  const strays: (() => Promise<unknown>)[] = [];

  function faultOf(call: Call): Fault | undefined {
    const row = planned.get(call.method);
    return row && row.length > 0 ? row.shift() : choose(call);
  }

  async function run(method: string, act: Method, args: unknown[]): Promise<unknown> {
    const call = { method, args };
    calls.push(call);
    const fault = faultOf(call);
    switch (fault?.kind) {
      case undefined:
        return act(...args);
      case 'before':
        throw new StoreError(`${method} fails`, {
          reason: fault.reason ?? 'unavailable',
          effect: 'none',
        });
      case 'lost':
        await act(...args);
        throw lost(method, fault.reason);
      case 'delayed':
      case 'duplicated': {
        // As it was sent: the caller may go on to change what it holds.
        const sent = structuredClone(args);
        strays.push(() => act(...sent));
        if (fault.kind === 'duplicated') await act(...args);
        throw lost(method, undefined);
      }
      case 'slow': {
        if (fault.acts === 'late') await fault.gate.opened;
        const answer = await act(...args);
        await fault.gate.opened;
        return answer;
      }
      case 'asked twice': {
        await act(...structuredClone(args));
        await fault.gate.opened;
        return act(...args);
      }
      case 'altered':
        return fault.change(await act(...args));
      case 'crash':
        throw fault.error;
    }
  }

  function wrap<T extends object>(name: string, target: T): T {
    const methods = Object.entries(target).map(([method, act]) => [
      method,
      (...args: unknown[]) => run(`${name}.${method}`, act as Method, args),
    ]);
    return Object.fromEntries(methods) as T;
  }

  /** What an object is written with fails as everything else does. */
  function wrapObjects(objects: ObjectStore): ObjectStore {
    const wrapped = wrap('objects', objects);
    const create: typeof wrapped.create = async (key) => wrap('writer', await wrapped.create(key));
    return { ...wrapped, create };
  }

  return {
    stores: {
      ...stores,
      objects: wrapObjects(stores.objects),
      index: wrap('index', stores.index),
      topics: wrap('topics', stores.topics),
      groups: wrap('groups', stores.groups),
      jobs: wrap('jobs', stores.jobs),
    },
    calls,
    count: (method) => calls.filter((call) => call.method === method).length,
    fail(method, fault, times = 1) {
      const row = planned.get(method) ?? [];
      row.push(...Array.from({ length: times }, () => fault));
      planned.set(method, row);
    },
    stray: () => strays.length,
    async deliver(index = 0) {
      const [act] = strays.splice(index, 1);
      // A stray that fails is as if it had never arrived.
      await act?.().catch(() => undefined);
    },
  };
}

function lost(method: string, reason: StoreErrorReason | undefined): StoreError {
  return new StoreError(`the reply of ${method} is lost`, {
    reason: reason ?? 'timeout',
    effect: 'unknown',
  });
}

type ReadAnswer = { readonly kind: 'bytes'; readonly bytes: Uint8Array };

/** A read that finds the byte at `position` flipped. */
export function flipped(position: number): Fault {
  return {
    kind: 'altered',
    change(answer) {
      const bytes = (answer as ReadAnswer).bytes.slice();
      bytes[position] = (bytes[position] as number) ^ 0xff;
      return { kind: 'bytes', bytes };
    },
  };
}

/** A read that is cut short, as a store reports it. */
export const truncated: Fault = {
  kind: 'crash',
  error: new StoreError('the object is shorter than that', { reason: 'corrupt', effect: 'none' }),
};

/** A read that finds nothing. */
export const missing: Fault = { kind: 'altered', change: () => ({ kind: 'missing' }) };
