/**
 * The journal in front of LMDB, case by case: who sees what when, what a kill leaves, and who may write.
 */

import { writeFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { encodeJournalEntry } from '../../../lib/store/local/journal-entry.js';
import { close, type Faults, kill, type Opened, openAt, settings } from './journaled-rig.js';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'logbrook-'));
});

afterEach(async () => {
  await rm(dir, { recursive: true });
});

describe('a long history', () => {
  const countOf = 300;

  test('is in LMDB but for the end, and the journal stays small', async () => {
    const opened = await openAt(dir);
    const texts = opened.journaled.table<string>('texts');
    for (let i = 0; i < countOf; i++) {
      await opened.journaled.transact(() => {
        texts.put(`key ${i % 20}`, `value ${i}`);
        texts.put('last', String(i));
      });
    }
    const sizes = await Promise.all(
      (await readdir(dir))
        .filter((name) => name.startsWith('journal'))
        .map(async (name) => (await stat(join(dir, name))).size),
    );
    expect(sizes).toHaveLength(2);
    const entryBytesMax = 100;
    expect(Math.max(...sizes)).toBeLessThan(settings.waitingBytesMax + entryBytesMax);
    await kill(opened);
    const again = await openAt(dir);
    const read = again.journaled.table<string>('texts');
    expect(read.get('last')).toBe(String(countOf - 1));
    for (let i = countOf - 20; i < countOf; i++) {
      expect(read.get(`key ${i % 20}`)).toBe(`value ${i}`);
    }
    await close(again);
  });
});

describe('a transaction', () => {
  test('is seen by nobody else before it is on disk, and by itself at once', async () => {
    const faults: Faults = {};
    const { journaled, database } = await openAt(dir, faults);
    const texts = journaled.table<string>('texts');
    await journaled.transact(() => texts.put('a', 'old'));
    const seen: unknown[] = [];
    faults.written = () => void seen.push(texts.get('a'), texts.keys({ countMax: 9 }));
    await journaled.transact(() => {
      texts.put('a', 'new');
      texts.put('b', 'more');
      seen.push(texts.get('a'), texts.keys({ countMax: 9 }));
    });
    expect(seen).toEqual(['new', ['a', 'b'], 'old', ['a']]);
    expect(texts.get('a')).toBe('new');
    await close({ journaled, database });
  });

  test('takes a change only while its work is running', async () => {
    const { journaled, database } = await openAt(dir);
    expect(() => journaled.table('texts').put('a', 'b')).toThrow(/inside a transaction/);
    await close({ journaled, database });
  });

  test('that changes nothing writes nothing', async () => {
    const faults: Faults = { failAfterBytes: 0 };
    const { journaled, database } = await openAt(dir, faults);
    await journaled.transact(() => {});
    await close({ journaled, database });
  });
});

describe('a server that is killed', () => {
  test('while LMDB lags behind has everything in its journal', async () => {
    for (let stalledFrom = 1; stalledFrom <= 24; stalledFrom++) {
      const at = await mkdtemp(join(dir, 'killed-'));
      const faults: Faults = {};
      const opened = await openAt(at, faults);
      const texts = opened.journaled.table<string>('texts');
      for (let i = 0; i < stalledFrom + 8; i++) {
        faults.stalled = i >= stalledFrom;
        await opened.journaled.transact(() => texts.put(`key ${i}`, `value ${i}`));
      }
      await kill(opened);
      const again = await openAt(at);
      const read = again.journaled.table<string>('texts');
      for (let i = 0; i < stalledFrom + 8; i++) expect(read.get(`key ${i}`)).toBe(`value ${i}`);
      await close(again);
    }
  });
});

describe('an owner that lost the directory', () => {
  test('writes nothing more, and cannot say what became of what was under way', async () => {
    const faults: Faults = {};
    const first = await openAt(dir, faults);
    const texts = first.journaled.table<string>('texts');
    await first.journaled.transact(() => texts.put('a', 'acknowledged'));
    let second: Opened | undefined;
    faults.written = async () => {
      faults.owner = false;
      second = await openAt(dir);
    };
    const late = first.journaled.transact(() => texts.put('a', 'late'));
    await expect(late).rejects.toMatchObject({ reason: 'denied', effect: 'unknown' });
    if (!second) throw new Error('nobody took over');
    const { journaled } = second;
    // It was in the journal when that was read.
    expect(journaled.table<string>('texts').get('a')).toBe('late');
    faults.written = undefined;
    await journaled.transact(() => journaled.table<string>('texts').put('b', 'new owner'));
    // Its files are not the new owner's, who loses nothing by what it still does.
    await first.journaled.transact(() => texts.put('a', 'later')).catch(() => {});
    await close(first);
    await kill(second);
    const third = await openAt(dir);
    expect(third.journaled.table<string>('texts').get('a')).toBe('late');
    expect(third.journaled.table<string>('texts').get('b')).toBe('new owner');
    await close(third);
  });
});

describe('an owner that lost the directory without having written', () => {
  test('leaves the journal of the new one alone', async () => {
    const faults: Faults = {};
    const first = await openAt(dir, faults);
    faults.owner = false;
    const second = await openAt(dir);
    await second.journaled.transact(() => second.journaled.table('texts').put('a', 'kept'));
    await close(first);
    await kill(second);
    const third = await openAt(dir);
    expect(third.journaled.table<string>('texts').get('a')).toBe('kept');
    await close(third);
  });
});

describe('LMDB that fails', () => {
  const value = 'x'.repeat(100);

  async function fill(faults: Faults, entries: number) {
    const opened = await openAt(dir, faults);
    const texts = opened.journaled.table<string>('texts');
    let written = 0;
    let failure: unknown;
    for (; written < entries && !failure; written++) {
      await opened.journaled
        .transact(() => texts.put(`key ${written}`, value))
        .catch((error) => {
          failure = error;
        });
    }
    return { ...opened, texts, failure, acknowledged: failure ? written - 1 : written };
  }

  test('is waited for when the journal has grown, and what was acknowledged is kept', async () => {
    const faults: Faults = { lmdb: 'fails' };
    const { journaled, database, failure, acknowledged } = await fill(faults, 100);
    expect(failure).toMatchObject({ message: 'LMDB failed' });
    expect(acknowledged).toBeGreaterThan(5);
    // With LMDB in order again everything goes on.
    faults.lmdb = undefined;
    await journaled.transact(() => journaled.table('texts').put('late', value));
    await close({ journaled, database });
    const again = await openAt(dir);
    const keys = again.journaled.table<string>('texts').keys({ countMax: 1_000 });
    expect(keys).toHaveLength(acknowledged + 1);
    await close(again);
  });

  test('is not asked again when it has given up: closing comes to its end', async () => {
    const { journaled, database, failure, acknowledged } = await fill({ lmdb: 'dead' }, 100);
    expect(failure).toMatchObject({ message: 'LMDB has given up' });
    await close({ journaled, database });
    const again = await openAt(dir);
    const keys = again.journaled.table<string>('texts').keys({ countMax: 1_000 });
    expect(keys).toHaveLength(acknowledged);
    await close(again);
  });
});

test('many small changes go to LMDB before they fill a file', async () => {
  const opened = await openAt(dir, {}, { ...settings, fileBytesMax: 1e6, changesMax: 10 });
  const texts = opened.journaled.table<string>('texts');
  for (let i = 0; i < 40; i++) await opened.journaled.transact(() => texts.put(`key ${i}`, 'x'));
  const inLmdb = opened.database.table<string>('texts', 'string').keys({ countMax: 100 });
  expect(inLmdb.length).toBeGreaterThanOrEqual(10);
  expect(texts.keys({ countMax: 100 })).toHaveLength(40);
  await close(opened);
});

describe('a journal whose last entry could not be cut off', () => {
  test('takes nothing more, in neither file', async () => {
    const faults: Faults = { failAfterBytes: 1e6, stuck: true };
    const { journaled, database } = await openAt(dir, faults);
    const texts = journaled.table<string>('texts');
    const put = (key: string) => journaled.transact(() => texts.put(key, 'value'));
    await expect(put('doubtful')).rejects.toThrow('no space left');
    Object.assign(faults, { failAfterBytes: undefined, stuck: false });
    await expect(put('next')).rejects.toThrow(/could not be removed/);
    await close({ journaled, database });
    const again = await openAt(dir);
    const read = again.journaled.table<string>('texts');
    expect(read.get('next')).toBeUndefined();
    await close(again);
  });
});

test('who cannot ask whether the directory is still theirs writes nothing more', async () => {
  const faults: Faults = {};
  const { journaled, database } = await openAt(dir, faults);
  const texts = journaled.table<string>('texts');
  faults.written = () => {
    faults.ownerUnknown = new Error('input/output error');
  };
  const doubtful = journaled.transact(() => texts.put('a', 'doubtful'));
  await expect(doubtful).rejects.toMatchObject({ reason: 'unavailable', effect: 'unknown' });
  Object.assign(faults, { written: undefined, ownerUnknown: undefined });
  const next = journaled.transact(() => texts.put('b', 'next'));
  await expect(next).rejects.toMatchObject({ reason: 'unavailable', effect: 'none' });
  await close({ journaled, database });
});

describe('opening', () => {
  test('leaves a journal alone that was begun since', async () => {
    const begun = join(dir, 'journal-successor-0');
    const opened = await openAt(dir, { recovered: () => writeFileSync(begun, 'entries') });
    expect(await readdir(dir)).toContain('journal-successor-0');
    await close(opened);
  });

  const fileOf = (token: string, ...sequences: number[]) => {
    const changes = [{ table: 'texts', key: 'a', value: token }];
    const entries = sequences.map(
      (sequence) => encodeJournalEntry({ sequence, changes }, token).entry,
    );
    return writeFile(join(dir, `journal-${token}-0`), Buffer.concat(entries));
  };

  test('removes journals that are not of the last owner', async () => {
    await kill(await openAt(dir));
    await fileOf('stranger', 1, 2);
    const { journaled, database } = await openAt(dir);
    expect(journaled.table<string>('texts').get('a')).toBeUndefined();
    expect(await readdir(dir)).not.toContain('journal-stranger-0');
    await close({ journaled, database });
  });

  test('refuses a journal with a gap rather than passing over it', async () => {
    const opened = await openAt(dir);
    const { token } = opened;
    await kill(opened);
    await fileOf(token, 2);
    await expect(openAt(dir)).rejects.toThrow(/entry 2 where 1 should follow/);
    expect(await readdir(dir)).toContain(`journal-${token}-0`);
  });
});
