/**
 * The table of faults: what can happen to a call of a store, or to the instance that makes it, and how
 * often. Every seed draws its own mixture, so that some runs suffer mostly from one thing. New kinds of
 * fault are new rows.
 */

import { type Call, createGate, type Fault, truncated } from '../support/faulty-stores.js';
import type { Instance } from './fleet.js';

type Chances = {
  random(): number;
  after(delayMs: number, act: () => void): void;
};

/** `soon` is for what must not happen any more once the faults have ended. */
type Injection = Chances & { soon(delayMs: number, act: () => void): void };

type FaultRow = {
  readonly kind: string;
  /** Full names of methods, or all of them. */
  readonly on?: readonly string[];
  readonly perThousand: number;
  /** At most so often in one run. */
  readonly timesMax?: number;
  /** What the call suffers; what the instance suffers is done here. */
  inject(chances: Injection, instance: Instance): Fault | undefined;
};

const rolls = ['index.advanceTail', 'index.writePage', 'index.parkProducer'];
const leading = [
  'index.takeLease',
  'index.renewLease',
  'index.releaseLease',
  'index.replacePages',
  'index.deletePages',
  'index.writeNotes',
];
const raises = ['index.raiseWalFloor', 'index.raiseLogStart'];
const growth = ['index.createPartitions', 'topics.alter', 'topics.raiseWalFloor'];
const grouping = ['groups.compareAndSwap', 'groups.raiseFences', 'groups.commitOffsets'];
const changes = [
  ...['index.commit', 'index.setFencingToken'],
  ...[...raises, ...rolls, ...leading, ...grouping],
];
const minuteMs = 60_000;

export const faultTable: readonly FaultRow[] = [
  { kind: 'fails', perThousand: 30, inject: () => ({ kind: 'before' }) },
  {
    kind: 'throttled',
    perThousand: 12,
    inject: () => ({ kind: 'before', reason: 'throttled' }),
  },
  {
    kind: 'reply lost',
    on: [...changes, ...growth, 'objects.put', 'objects.delete', 'writer.finish'],
    perThousand: 30,
    inject: () => ({ kind: 'lost' }),
  },
  {
    kind: 'acts later',
    on: [...changes, ...growth, 'objects.put', 'objects.delete'],
    perThousand: 25,
    inject: () => ({ kind: 'delayed' }),
  },
  {
    // Rare calls that matter suffer more often.
    kind: 'replacement acts later',
    on: ['index.replacePages'],
    perThousand: 120,
    inject: () => ({ kind: 'delayed' }),
  },
  { kind: 'acts twice', on: changes, perThousand: 25, inject: () => ({ kind: 'duplicated' }) },
  {
    kind: 'asked twice',
    on: changes,
    perThousand: 15,
    inject({ random, after }) {
      const gate = createGate();
      after(random() * 1_500, gate.open);
      return { kind: 'asked twice', gate };
    },
  },
  {
    kind: 'slow',
    perThousand: 10,
    inject({ random, after }) {
      const gate = createGate();
      after(random() * 500, gate.open);
      return { kind: 'slow', gate, acts: random() < 0.5 ? 'late' : 'early' };
    },
  },
  {
    kind: 'corrupt bytes',
    on: ['objects.read'],
    perThousand: 10,
    inject: ({ random }) => ({ kind: 'altered', change: (answer) => flipOne(answer, random()) }),
  },
  { kind: 'cut short', on: ['objects.read'], perThousand: 5, inject: () => truncated },
  {
    kind: 'crash',
    perThousand: 2,
    inject: ({ random, soon }, instance) => void soon(random() * 12, instance.crash),
  },
  {
    kind: 'freeze',
    perThousand: 2,
    // Where the only server is frozen nearly all the time, nothing is tested.
    timesMax: 12,
    inject({ random, after, soon }, instance) {
      const frozenMs = [200, 2_000, 3 * minuteMs][Math.floor(random() * 3)] ?? 200;
      soon(random() * 12, () => {
        instance.freeze();
        after(random() * frozenMs, instance.thaw);
      });
      return undefined;
    },
  },
  {
    kind: 'clock jump',
    perThousand: 2,
    inject({ random, after }, instance) {
      const byMs = Math.floor((random() - 0.5) * 2 * (random() < 0.3 ? 150 : 2) * minuteMs);
      instance.jump(byMs);
      // Somebody notices and sets it right.
      after(random() * 5_000, () => instance.jump(-byMs));
      return undefined;
    },
  },
];

function flipOne(answer: unknown, where: number): unknown {
  const found = answer as { kind: string; bytes: Uint8Array };
  if (found.kind !== 'bytes') return answer;
  const bytes = found.bytes.slice();
  const position = Math.floor(where * bytes.length);
  bytes[position] = (bytes[position] as number) ^ (1 << (Math.floor(where * 1_000) % 8));
  return { kind: 'bytes', bytes };
}

export type FaultSource = {
  choose(call: Call, instance: Instance): Fault | undefined;
  /** From now on nothing happens any more. */
  calm(): void;
  readonly injected: ReadonlyMap<string, number>;
};

/** Rolls fail like this for so many calls: a full tail needs a dozen writes that all succeed. */
const rollTroubleCalls = 300;

/** `rollFaultRate`: of the first calls that roll, this share just fails; where nearly all do, tails grow. */
export function createFaultSource(chances: Chances, rollFaultRate: number): FaultSource {
  const { random } = chances;
  const injected = new Map<string, number>();
  let isCalm = false;
  let rollCalls = 0;
  const injection: Injection = {
    ...chances,
    soon: (delayMs, act) =>
      chances.after(delayMs, () => {
        if (!isCalm) act();
      }),
  };
  const mixture = faultTable.map((row) => {
    const strength = [0, 1, 1, 1, 3][Math.floor(random() * 5)] ?? 1;
    return { row, share: (row.perThousand / 1_000) * strength };
  });
  const note = (kind: string) => injected.set(kind, (injected.get(kind) ?? 0) + 1);

  return {
    injected,
    calm() {
      isCalm = true;
    },
    choose({ method }, instance) {
      if (isCalm) return undefined;
      if (rolls.includes(method) && rollCalls++ < rollTroubleCalls && random() < rollFaultRate) {
        note('fails');
        return { kind: 'before' };
      }
      let draw = random();
      for (const { row, share } of mixture) {
        if (row.on && !row.on.includes(method)) continue;
        draw -= share;
        if (draw >= 0) continue;
        if ((injected.get(row.kind) ?? 0) >= (row.timesMax ?? Number.POSITIVE_INFINITY)) {
          return undefined;
        }
        note(row.kind);
        return row.inject(injection, instance);
      }
      return undefined;
    },
  };
}
