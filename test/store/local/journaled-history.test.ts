/**
 * LMDB behind its journal against a plain map: whatever is written, ranged over, refused by the disk, killed and
 * opened again. What was acknowledged is there; what was refused is not.
 */

import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TableKey } from '../../../lib/store/local/database.js';
import type { JournaledDatabase } from '../../../lib/store/local/journaled-database.js';
import { close, type Faults, kill, type Opened, openAt } from './journaled-rig.js';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'logbrook-'));
});

afterEach(async () => {
  await rm(dir, { recursive: true });
});

type Write = {
  readonly table: 'texts' | 'blobs';
  readonly key: TableKey;
  readonly value: string | undefined;
};
type Model = Map<string, Write>;

const nameOf = ({ table, key }: Pick<Write, 'table' | 'key'>) => JSON.stringify([table, key]);
const bytesOf = (text: string) => new Uint8Array(Buffer.from(text));

function put(journaled: JournaledDatabase, { table, key, value }: Write): void {
  if (value === undefined) journaled.table(table).remove(key);
  else if (table === 'texts') journaled.table<string>('texts').put(key, value);
  else journaled.table<Uint8Array>('blobs').put(key, bytesOf(value));
}

function apply(model: Model, writes: readonly Write[]): void {
  for (const write of writes) {
    if (write.value === undefined) model.delete(nameOf(write));
    else model.set(nameOf(write), write);
  }
}

function expectSame(journaled: JournaledDatabase, model: Model): void {
  for (const table of ['texts', 'blobs'] as const) {
    const wanted = [...model.values()].filter((one) => one.table === table);
    const read = journaled.table<string | Uint8Array>(table);
    for (const { key, value = '' } of wanted) {
      expect(Buffer.from(read.get(key) ?? 'missing').toString()).toBe(value);
    }
    const all = { countMax: 1_000 };
    expect(
      read
        .keys(all)
        .map((key) => JSON.stringify(key))
        .sort(),
    ).toEqual(wanted.map(({ key }) => JSON.stringify(key)).sort());
    expect(read.values(all)).toHaveLength(wanted.length);
  }
}

const part = fc.constantFrom('a', 'b', 'ab', 'ä', '\u{10000}', '\uffff', 'z~');
const key = fc.oneof(
  part,
  fc.tuple(part, fc.nat({ max: 3 })),
  fc.tuple(part, fc.nat({ max: 3 }), fc.nat({ max: 300 })),
);
const write: fc.Arbitrary<Write> = fc.record({
  table: fc.constantFrom('texts', 'blobs'),
  key,
  value: fc.option(fc.string({ unit: 'grapheme', maxLength: 60 }), { nil: undefined, freq: 3 }),
});
const writes = fc.array(write, { minLength: 1, maxLength: 4 });
const step = fc.oneof(
  { weight: 12, arbitrary: writes.map((all) => ({ kind: 'commit' as const, all })) },
  { weight: 1, arbitrary: writes.map((all) => ({ kind: 'throw' as const, all })) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('full' as const),
      all: writes,
      afterBytes: fc.nat({ max: 200 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('dieWriting' as const),
      all: writes,
      afterBytes: fc.nat({ max: 400 }),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'kill' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'close' as const }) },
);

const transactAll = (journaled: JournaledDatabase, all: readonly Write[]) =>
  journaled.transact(() => {
    for (const one of all) put(journaled, one);
  });

describe('any history', () => {
  // Fault 52 of docs/faults.md.
  test('leaves what was acknowledged, and of the rest nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        const at = await mkdtemp(join(dir, 'history-'));
        const faults: Faults = {};
        const model: Model = new Map();
        let opened = await openAt(at, faults);
        for (const one of steps) {
          const { journaled } = opened;
          switch (one.kind) {
            case 'commit':
              await transactAll(journaled, one.all);
              apply(model, one.all);
              break;
            case 'throw': {
              const failing = journaled.transact(() => {
                for (const each of one.all) put(journaled, each);
                throw new Error('the work failed');
              });
              await expect(failing).rejects.toThrow('the work failed');
              break;
            }
            case 'full': {
              // An entry that is complete on disk is cut off again as well.
              faults.failAfterBytes = one.afterBytes;
              await expect(transactAll(journaled, one.all)).rejects.toThrow('no space left');
              faults.failAfterBytes = undefined;
              expect(() => journaled.check()).not.toThrow();
              break;
            }
            case 'dieWriting': {
              Object.assign(faults, { failAfterBytes: one.afterBytes, stuck: true });
              await expect(transactAll(journaled, one.all)).rejects.toThrow('no space left');
              expect(() => journaled.check()).toThrow(/could not be removed/);
              Object.assign(faults, { failAfterBytes: undefined, stuck: false });
              await kill(opened);
              opened = await openAt(at, faults);
              if (await took(opened.journaled, one.all, model)) apply(model, one.all);
              break;
            }
            case 'kill':
              await kill(opened);
              opened = await openAt(at, faults);
              break;
            case 'close':
              await journaled.close();
              expect((await readdir(at)).filter((name) => name.startsWith('journal'))).toEqual([]);
              await opened.database.close();
              opened = await openAt(at, faults);
              break;
          }
          expectSame(opened.journaled, model);
        }
        await close(opened);
      }),
      { numRuns: 60 },
    );
  });

  /** Nobody knows whether a transaction took place whose process died: but all of it did, or nothing. */
  async function took(journaled: JournaledDatabase, all: readonly Write[], before: Model) {
    const after = new Map(before);
    apply(after, all);
    try {
      expectSame(journaled, before);
      return false;
    } catch {
      expectSame(journaled, after);
      return true;
    }
  }
});

/** Closes and opens again: then LMDB has everything. */
async function reopened({ journaled, database }: Opened, at: string): Promise<Opened> {
  await close({ journaled, database });
  return openAt(at);
}

describe('ranges', () => {
  test('are those that LMDB gives when it has everything', async () => {
    const range = fc.record(
      { start: key, after: key, end: key, countMax: fc.integer({ min: 1, max: 6 }) },
      { requiredKeys: ['countMax'] },
    );
    const transactions = fc.array(writes, { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(
        ...([transactions, transactions, fc.array(range, { minLength: 4, maxLength: 8 })] as const),
        async (early, late, asked) => {
          const at = await mkdtemp(join(dir, 'ranges-'));
          let opened = await openAt(at);
          for (const all of early) await transactAll(opened.journaled, all);
          opened = await reopened(opened, at);
          const read = ({ journaled }: Opened) => {
            const { keys, values } = journaled.table<string>('texts');
            return asked.map((one) => ({ keys: keys(one), values: values(one) }));
          };
          let inside: ReturnType<typeof read> = [];
          for (const all of late) {
            await opened.journaled.transact(() => {
              for (const one of all) put(opened.journaled, one);
              inside = read(opened);
            });
          }
          const behindJournal = read(opened);
          opened = await reopened(opened, at);
          expect([inside, behindJournal]).toEqual([read(opened), read(opened)]);
          await close(opened);
        },
      ),
      { numRuns: 60 },
    );
  });
});
