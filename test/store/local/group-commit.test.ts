/**
 * Group commit over transactions that the test holds in its hand: who shares one, who is answered when,
 * and what everybody is told when one fails.
 */

import { describe, expect, test } from 'vitest';
import { createGroupCommit } from '../../../lib/store/local/group-commit.js';

type Held = { work: () => void; finish(): void; fail(error: unknown): void };

function setUp(faults: { check?: () => void; begin?: () => void } = {}) {
  const held: Held[] = [];
  const events: string[] = [];
  const companion = {
    begin: faults.begin ?? (() => void events.push('begin')),
    prepare: () => void events.push('prepare'),
    committed: () => void events.push('committed'),
    aborted: () => void events.push('aborted'),
  };
  const commits = createGroupCommit(
    (work) =>
      new Promise<void>((resolve, reject) => held.push({ work, finish: resolve, fail: reject })),
    faults.check ?? (() => {}),
    companion,
  );
  const write = (name: string) =>
    commits
      .run(() => ({ answer: name, write: () => void events.push(`write ${name}`) }))
      .then((answer) => events.push(`answer ${answer}`));
  const transaction = (at: number) => {
    const found = held[at];
    if (!found) throw new Error(`transaction ${at} was not begun`);
    return found;
  };
  return { commits, held, events, write, transaction };
}

/** Lets everything run that waits for nothing from outside. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('group commit', () => {
  test('answers after the transaction, and gathers what comes meanwhile into the next', async () => {
    const { events, held, write, transaction } = setUp();
    const first = write('a');
    transaction(0).work();
    const others = [write('b'), write('c'), write('d')];
    await settled();
    expect(held).toHaveLength(1);
    expect(events).toEqual(['begin', 'write a', 'prepare']);
    transaction(0).finish();
    await first;
    expect(events.slice(3)).toEqual(['committed', 'answer a']);
    await settled();
    expect(held).toHaveLength(2);
    transaction(1).work();
    transaction(1).finish();
    await Promise.all(others);
    expect(events.slice(5)).toEqual([
      ...['begin', 'write b', 'write c', 'write d', 'prepare', 'committed'],
      ...['answer b', 'answer c', 'answer d'],
    ]);
  });

  test('what arrives before the transaction runs is still in it', async () => {
    const { held, write, transaction } = setUp();
    const both = [write('a'), write('b')];
    transaction(0).work();
    transaction(0).finish();
    await Promise.all(both);
    expect(held).toHaveLength(1);
  });

  test('what is in no hurry goes along with what is, or by itself a turn later', async () => {
    const { commits, held, events, write, transaction } = setUp();
    const soon = (name: string) =>
      commits.runSoon(() => ({ answer: name, write: () => void events.push(`write ${name}`) }));
    const along = soon('object');
    expect(held).toHaveLength(0);
    const both = [along, write('commit')];
    transaction(0).work();
    transaction(0).finish();
    await Promise.all(both);
    expect(events.slice(0, 4)).toEqual(['begin', 'write object', 'write commit', 'prepare']);
    await settled();
    expect(held).toHaveLength(1);
    const alone = soon('alone');
    await settled();
    transaction(1).work();
    transaction(1).finish();
    await expect(alone).resolves.toBe('alone');
  });

  test('closing waits also for what is in no hurry', async () => {
    const { commits, transaction } = setUp();
    const soon = commits.runSoon(() => ({ answer: 'put' }));
    const closing = commits.close();
    transaction(0).work();
    transaction(0).finish();
    await expect(soon).resolves.toBe('put');
    await closing;
  });

  test('a decision that throws is nobody else’s trouble', async () => {
    const { commits, write, transaction } = setUp();
    const bad = commits.run(() => {
      throw new Error('assertion failed: a bug');
    });
    const good = write('good');
    transaction(0).work();
    transaction(0).finish();
    await expect(bad).rejects.toThrow('a bug');
    await good;
  });

  test('a full disk fails the whole transaction, with no effect, and the next one goes', async () => {
    const { events, write, transaction } = setUp();
    for (const code of [28, -30792, 'ENOSPC']) {
      const both = [write('a'), write('b')];
      const at = events.filter((event) => event === 'begin').length;
      transaction(at).work();
      transaction(at).fail(Object.assign(new Error('MDB_MAP_FULL'), { code }));
      for (const outcome of await Promise.allSettled(both)) {
        expect(outcome).toMatchObject({
          status: 'rejected',
          reason: { name: 'StoreError', reason: 'full', effect: 'none' },
        });
      }
    }
    expect(events).not.toContain('committed');
    expect(events.filter((event) => event === 'aborted')).toHaveLength(3);
    const next = write('next');
    transaction(3).work();
    transaction(3).finish();
    await next;
    expect(events.at(-1)).toBe('answer next');
  });

  test('an I/O error that the index survives had no effect', async () => {
    const { write, transaction } = setUp();
    const begun = write('a');
    transaction(0).work();
    transaction(0).fail(Object.assign(new Error('Input/output error'), { code: 5 }));
    await expect(begun).rejects.toMatchObject({ reason: 'unavailable', effect: 'none' });
    const never = write('b');
    transaction(1).fail(new Error('Database is closed'));
    await expect(never).rejects.toMatchObject({ reason: 'unavailable', effect: 'none' });
  });

  test('an index that has given up is not asked again', async () => {
    const { commits, write, transaction } = setUp({
      check: () => {
        throw new Error('MDB_PANIC');
      },
    });
    const first = write('a');
    transaction(0).work();
    transaction(0).fail(Object.assign(new Error('Input/output error'), { code: 5 }));
    await expect(first).rejects.toMatchObject({ effect: 'unknown' });
    await expect(write('b')).rejects.toMatchObject({
      ...{ name: 'StoreError', reason: 'unavailable', effect: 'none' },
      message: expect.stringMatching(/restart/),
    });
    await commits.close();
  });

  test('an index that has given up carries out nothing that was waiting', async () => {
    const { held, write, transaction } = setUp({
      check: () => {
        throw new Error('MDB_PANIC');
      },
    });
    const first = write('a');
    transaction(0).work();
    const waiting = write('b');
    transaction(0).fail(Object.assign(new Error('Input/output error'), { code: 5 }));
    await expect(first).rejects.toMatchObject({ effect: 'unknown' });
    await expect(waiting).rejects.toMatchObject({ effect: 'none' });
    expect(held).toHaveLength(1);
  });

  test('closing answers what was taken, and takes nothing more', async () => {
    const { commits, write, transaction } = setUp();
    const first = write('a');
    transaction(0).work();
    const second = write('b');
    let closed = false;
    const closing = commits.close().then(() => {
      closed = true;
    });
    await expect(write('c')).rejects.toMatchObject({ effect: 'none' });
    transaction(0).finish();
    await first;
    await settled();
    expect(closed).toBe(false);
    transaction(1).work();
    transaction(1).finish();
    await second;
    await closing;
  });
});
