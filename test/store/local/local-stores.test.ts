/**
 * The data directory as a whole: what is closed opens again as it was, one server at a time, and never
 * by code that is too old for it.
 */

import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { planRoll } from '../../../lib/log/tail-roll.js';
import { openDatabase } from '../../../lib/store/local/database.js';
import { createLocalStores } from '../../../lib/store/local/local-stores.js';
import {
  carryOut,
  commit,
  commitMany,
  entry,
  firstAdmission,
  headOf,
  newPartition,
  stamp,
  walKey,
  wholeLog,
} from '../../conformance/log-builders.js';

let dataDir: string;

beforeEach(async () => {
  dataDir = join(await mkdtemp(join(tmpdir(), 'logbrook-')), 'made', 'on', 'the way');
});

afterEach(async () => {
  await rm(join(dataDir, '..', '..', '..'), { recursive: true });
});

/** What another process wrote into the record of owner and layout. */
async function writeFact(key: string, change: (before: unknown) => unknown): Promise<void> {
  const database = openDatabase(join(dataDir, 'index'));
  const facts = database.table<unknown>('facts', 'json');
  await database.transact(() => facts.put(key, change(facts.get(key))));
  await database.close();
}

describe('closing and opening', () => {
  test('reads topics that were stored before they could be altered', async () => {
    await (await createLocalStores({ dataDir })).close();
    const old = { name: 'old', topicId: 'x', partitionCount: 2, createdAtMs: 5 };
    const database = openDatabase(join(dataDir, 'index'));
    const table = database.table<unknown>('topics', 'json');
    await database.transact(() => table.put('old', old));
    await database.close();
    const stores = await createLocalStores({ dataDir });
    const topic = { ...old, configs: {}, tags: {}, annotations: {}, version: 0 };
    expect(await stores.topics.find('old')).toEqual(topic);
    expect((await stores.topics.list(10)).topics).toEqual([topic]);
    const altered = { ...topic, tags: { a: 'b' }, version: 1 };
    expect(await stores.topics.alter(topic, altered)).toEqual({ kind: 'altered', topic: altered });
    await stores.close();
  });

  test('keeps everything', async () => {
    const before = await createLocalStores({ dataDir });
    expect(before.shared).toBe(false);
    const ref = await newPartition(before.index);
    const admissions = { p: firstAdmission(await headOf(before.index, ref)) };
    await commit(before.index, ref, entry(2, [stamp('p', 0, 2)]), { admissions });
    await commitMany(before.index, ref, 40);
    const head = await headOf(before.index, ref);
    const roll = planRoll(head);
    if (!roll) throw new Error('the tail is shorter than a page');
    await carryOut(before.index, ref, roll);
    await before.index.setFencingToken(ref, 'token "quoted" ✓', undefined);
    const parked = { epoch: 1, nextSequence: 2, spans: [], lastBaseOffset: 3 };
    await before.index.parkProducer(ref, 'q', parked);
    const facts = { name: 't', topicId: ref.topicId, partitionCount: 1, createdAtMs: 1 };
    const topic = {
      ...facts,
      configs: { 'retention.ms': '1' },
      tags: {},
      annotations: {},
      version: 0,
    };
    await before.topics.create(topic);
    const producerId = await before.topics.nextProducerId();
    const key = walKey();
    const bytes = new Uint8Array(70_000).fill(7);
    await before.objects.put(key, [bytes]);
    const log = await wholeLog(before.index, ref);
    const headBefore = await headOf(before.index, ref);
    await before.close();

    const after = await createLocalStores({ dataDir });
    expect(await headOf(after.index, ref)).toEqual(headBefore);
    expect(await wholeLog(after.index, ref)).toEqual(log);
    expect(await after.index.findParkedProducer(ref, 'q')).toEqual(parked);
    expect(await after.topics.find('t')).toEqual(topic);
    expect(await after.topics.nextProducerId()).toBe(producerId + 1);
    expect(await after.objects.read(key, 0, bytes.length)).toEqual({ kind: 'bytes', bytes });
    expect(await after.objects.put(key, [new Uint8Array(1)])).toBe('exists');
    await commit(after.index, ref, entry(1, [stamp('p', 2)]));
    await after.close();
  });

  test('waits for what is under way, and then takes nothing', async () => {
    const { index, objects, topics, close } = await createLocalStores({ dataDir });
    const ref = await newPartition(index);
    const key = walKey();
    const commits = Array.from({ length: 20 }, () => commit(index, ref, entry()));
    const put = objects.put(key, [new Uint8Array(1_000_000)]);
    const closing = close();
    await expect(Promise.all(commits)).resolves.toHaveLength(20);
    await expect(put).resolves.toBe('written');
    const closed = { name: 'StoreError', effect: 'none', message: expect.stringMatching(/closed/) };
    await closing;
    await expect(commit(index, ref, entry())).rejects.toMatchObject(closed);
    await expect(topics.nextProducerId()).rejects.toMatchObject(closed);
    await expect(objects.put(walKey(), [new Uint8Array(1)])).rejects.toMatchObject(closed);
    await expect(objects.read(key, 0, 1)).rejects.toMatchObject(closed);
    await expect(index.readHead(ref)).rejects.toMatchObject(closed);
    await close();
    expect(await readdir(dataDir)).toEqual(['index', 'objects']);
  });
});

describe('a second server', () => {
  // Fault 52 of docs/faults.md.
  test('is refused while the first is there, which goes on', async () => {
    const first = await createLocalStores({ dataDir });
    const ref = await newPartition(first.index);
    for (let attempt = 0; attempt < 3; attempt++) {
      await expect(createLocalStores({ dataDir })).rejects.toMatchObject({
        name: 'DataDirInUse',
        dataDir,
        pid: process.pid,
      });
      await commit(first.index, ref, entry());
    }
    expect((await headOf(first.index, ref)).nextOffset).toBe(3);
    await first.close();
    const second = await createLocalStores({ dataDir });
    expect((await headOf(second.index, ref)).nextOffset).toBe(3);
    await second.close();
  });

  test('of another host takes over only when told to', async () => {
    await (await createLocalStores({ dataDir })).close();
    const elsewhere = { token: 'x', pid: 1, startedAt: null, hostname: 'elsewhere.example' };
    await writeFact('owner', () => elsewhere);
    await expect(createLocalStores({ dataDir })).rejects.toThrow(/elsewhere\.example.*takeOver/);
    const stores = await createLocalStores({ dataDir, takeOver: true });
    await stores.close();
  });

  test('with the pid of a dead one is not taken for it', async () => {
    const stores = await createLocalStores({ dataDir });
    await stores.close();
    const { hostname } = await import('node:os');
    const reused = { token: 'x', pid: process.pid, startedAt: 'boot/1', hostname: hostname() };
    await writeFact('owner', () => reused);
    await (await createLocalStores({ dataDir })).close();
  });

  test('that was let in leaves the first without a say', async () => {
    const stores = await createLocalStores({ dataDir });
    const ref = await newPartition(stores.index);
    await commit(stores.index, ref, entry());
    await writeFact('owner', (owner) => ({ ...(owner as object), token: 'another' }));
    const denied = { name: 'StoreError', reason: 'denied', effect: 'none' };
    await expect(commit(stores.index, ref, entry())).rejects.toMatchObject(denied);
    await expect(stores.index.readHead(ref)).rejects.toMatchObject(denied);
    await expect(stores.topics.find('t')).rejects.toMatchObject(denied);
    await stores.close();
  });
});

// Fault 50 of docs/faults.md.
test('a directory of a newer layout is left alone', async () => {
  await (await createLocalStores({ dataDir })).close();
  await writeFact('layout', (layout) => Number(layout) + 1);
  await expect(createLocalStores({ dataDir })).rejects.toMatchObject({
    name: 'DataDirTooNew',
    message: expect.stringMatching(/layout 3, this version reads up to 2/),
  });
  await writeFact('layout', () => 2);
  await (await createLocalStores({ dataDir })).close();
});

test('a directory that cannot be made is a store error', async () => {
  await expect(createLocalStores({ dataDir: '/dev/null/x' })).rejects.toMatchObject({
    name: 'StoreError',
    effect: 'none',
  });
  await (await createLocalStores({ dataDir })).close();
});
