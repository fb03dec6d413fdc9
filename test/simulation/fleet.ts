/**
 * The instances: one local server that takes many requests at once, and Lambdas that take one each and
 * stand still in between. Each is a real broker with a clock of its own over the one store. A crashed
 * instance has no effects and gets no answers from then on; a frozen one goes on when it is woken.
 */

import { type Broker, createBroker } from '../../lib/broker/broker.js';
import type { BrokerSettings } from '../../lib/broker/broker-settings.js';
import type { Codecs } from '../../lib/log/codecs.js';
import type { Stores } from '../../lib/store/stores.js';
import type { World } from '../../lib/store/world.js';
import { createFaultyStores } from '../support/faulty-stores.js';
import type { ManualWorld } from '../support/manual-world.js';
import type { Bug } from './bugs/bug.js';
import type { FaultSource } from './fault-table.js';

export type Instance = {
  readonly kind: 'server' | 'lambda';
  readonly broker: Broker;
  /** As its own jobs see them: with latency and faults. */
  readonly stores: Stores;
  readonly jobStores: Stores;
  readonly world: World;
  readonly died: Promise<void>;
  alive(): boolean;
  /** Requests that it is serving. */
  serving(): number;
  begin(): void;
  end(): void;
  crash(): void;
  freeze(): void;
  thaw(): void;
  jump(byMs: number): void;
  /** When it was last frozen, or its clock set. */
  disturbedMs(): number;
  stray(): number;
  deliver(index: number): Promise<void>;
};

export type FleetParts = {
  readonly world: ManualWorld;
  readonly truth: Stores;
  readonly codecs: Codecs;
  readonly settings: BrokerSettings;
  readonly faults: FaultSource;
  readonly bug: Bug | undefined;
  random(): number;
};

/** A new one each time: one promise for all would keep whatever ever waited for it, run after run. */
const never = () => new Promise<never>(() => {});

export function createInstance(parts: FleetParts, kind: Instance['kind']): Instance {
  const { world, truth, faults, bug, random } = parts;
  const tickers = new Set<() => void>();
  let life: 'running' | 'frozen' | 'dead' = 'running';
  let serving = 0;
  let skewMs = Math.floor((random() - 0.5) * 2_000);
  let disturbedMs = 0;
  let woken: (() => void)[] = [];
  let tellDeath = () => {};
  const died = new Promise<void>((resolve) => {
    tellDeath = resolve;
  });

  const running = () => life === 'running' && (kind === 'server' || serving > 0);

  /** Nothing in an instance goes on but through here. */
  async function pass(): Promise<void> {
    while (!running()) {
      if (life === 'dead') return never();
      await new Promise<void>((resolve) => woken.push(resolve));
    }
  }

  function wake(): void {
    if (!running()) return;
    const waiting = woken;
    woken = [];
    for (const resume of waiting) resume();
  }

  const ownWorld: World = {
    ...world,
    clock: {
      nowMs: () => world.clock.nowMs() + skewMs,
      async sleep(delayMs) {
        await world.clock.sleep(delayMs);
        await pass();
      },
      afterTurn: (act) => world.clock.afterTurn(() => void pass().then(act)),
      every(intervalMs, tick) {
        const stop = world.clock.every(intervalMs, () => {
          if (running()) tick();
        });
        tickers.add(stop);
        return () => {
          tickers.delete(stop);
          stop();
        };
      },
    },
  };

  /** What was on its way when the instance died may arrive or not. */
  const onTheWire = wrapStores(truth, async (act) => {
    await world.clock.sleep(random() * 6);
    if (life === 'dead' && random() < 0.5) throw new Error('the request was never sent');
    const answer = await act();
    await world.clock.sleep(random() * 4);
    return answer;
  });
  const faulty = createFaultyStores(onTheWire, (call) => faults.choose(call, instance));
  const gated = wrapStores(faulty.stores, async (act) => {
    await pass();
    try {
      return await act();
    } finally {
      await pass();
    }
  });
  const stores = { ...(bug?.instanceStores?.(gated, parts) ?? gated), shared: !bug?.alone };
  const brokerWorld = bug?.world?.(ownWorld, parts) ?? ownWorld;
  const broker = createBroker(stores, parts.codecs, brokerWorld, parts.settings);

  const instance: Instance = {
    kind,
    broker: bug?.broker?.(broker, parts) ?? broker,
    stores,
    jobStores: bug?.jobStores?.(stores, parts) ?? stores,
    world: ownWorld,
    died,
    alive: () => life !== 'dead',
    serving: () => serving,
    begin() {
      serving++;
      wake();
    },
    end() {
      serving--;
    },
    crash() {
      life = 'dead';
      for (const stop of tickers) stop();
      tellDeath();
    },
    freeze() {
      if (life === 'running') life = 'frozen';
      disturbedMs = world.clock.nowMs();
    },
    thaw() {
      if (life === 'frozen') life = 'running';
      disturbedMs = world.clock.nowMs();
      wake();
    },
    jump(byMs) {
      skewMs += byMs;
      disturbedMs = world.clock.nowMs();
    },
    disturbedMs: () => disturbedMs,
    stray: faulty.stray,
    deliver: faulty.deliver,
  };
  return instance;
}

type Around = (act: () => Promise<unknown>, method: string) => Promise<unknown>;

/** The same stores, with `around` every call. */
export function wrapStores(stores: Stores, around: Around): Stores {
  const wrap = <T extends object>(name: string, target: T): T =>
    Object.fromEntries(
      Object.entries(target).map(([method, act]) => [
        method,
        (...args: unknown[]) => around(async () => act(...args), `${name}.${method}`),
      ]),
    ) as T;
  const objects = wrap('objects', stores.objects);
  const create: typeof objects.create = async (key) => wrap('writer', await objects.create(key));
  return {
    ...stores,
    objects: { ...objects, create },
    index: wrap('index', stores.index),
    topics: wrap('topics', stores.topics),
    groups: wrap('groups', stores.groups),
    jobs: wrap('jobs', stores.jobs),
  };
}

export type Fleet = {
  /** Somebody who is alive and takes another request; a server where several come at once. */
  pick(severalAtOnce?: boolean): Instance;
  /** An instance that nobody used before. */
  fresh(): Instance;
  /** An instance that no fault befalls. */
  spared(): Instance;
  /** Lets one stray request arrive, if there is one. */
  deliver(): Promise<void>;
  stray(): number;
  /** All that are alive, awake and undisturbed from now on. */
  heal(): readonly Instance[];
};

export function createFleet(parts: FleetParts, lambdaCount: number, serverCount: number): Fleet {
  const { random } = parts;
  const everybody: Instance[] = [];
  const kinds: Instance['kind'][] = [
    ...Array.from({ length: serverCount }, () => 'server' as const),
    ...Array.from({ length: lambdaCount }, () => 'lambda' as const),
  ];
  function hire(kind: Instance['kind']): Instance {
    const instance = createInstance(parts, kind);
    everybody.push(instance);
    return instance;
  }
  const slots = kinds.map(hire);

  /** Who died is replaced at once by one that knows nothing. */
  function living(): readonly Instance[] {
    for (const [i, instance] of slots.entries()) {
      if (!instance.alive()) slots[i] = hire(instance.kind);
    }
    return slots;
  }

  const withStrays = () => everybody.filter((instance) => instance.stray() > 0);
  return {
    pick(severalAtOnce = false) {
      const free = living().filter(
        ({ kind, serving }) => kind === 'server' || (!severalAtOnce && serving() === 0),
      );
      return free[Math.floor(random() * free.length)] as Instance;
    },
    fresh: () => hire('server'),
    spared() {
      const faults = { ...parts.faults, choose: () => undefined };
      return createInstance({ ...parts, faults }, 'server');
    },
    async deliver() {
      const having = withStrays();
      const chosen = having[Math.floor(random() * having.length)];
      await chosen?.deliver(Math.floor(random() * chosen.stray()));
    },
    stray: () => withStrays().length,
    heal() {
      parts.faults.calm();
      const alive = living();
      for (const instance of alive) instance.thaw();
      return alive;
    },
  };
}
