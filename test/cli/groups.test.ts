/** `logbrook groups` and `logbrook consume -g`: what is printed, committed, shown, moved and deleted. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { machineTiming } from '../../lib/client/retry.js';
import { startTestServer, type TestServer } from '../client/in-process-server.js';
import { runCli, startCli } from './cli-harness.js';

let server: TestServer;
beforeEach(async () => {
  server = startTestServer();
  await server.client.createTopic('access', 2);
});
afterEach(() => server.close());

// A member's heartbeats need a clock on which a second is one.
const cli = (...args: string[]) =>
  runCli(args, { ...server, timing: machineTiming, stdoutIsTerminal: true });
const member = (...args: string[]) => cli('consume', 'access', '-g', 'billing', ...args);

async function fill(from: number, count: number): Promise<void> {
  const records = Array.from({ length: count }, (_, i) => ({
    value: `v${from + i}`,
    partition: (from + i) % 2,
    timestamp: 10_000 + (from + i) * 1_000,
  }));
  await server.client.append('access', records);
}

const linesOf = (stdout: string) => stdout.split('\n').slice(0, -1).sort();
const values = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => `v${from + i}`).sort();

async function offsetsOf(group: string): Promise<number[]> {
  const { offsets } = await server.client.groups.offsets(group);
  return offsets.sort((a, b) => a.partition - b.partition).map(({ offset }) => offset);
}

describe('consume -g', () => {
  test('commits what it printed; the next one goes on from there', async () => {
    await fill(0, 10);
    const first = await member('--from-beginning', '--exit');
    expect(first).toMatchObject({ exitCode: 0, stderr: '' });
    expect(linesOf(first.stdout)).toEqual(values(0, 10));
    await fill(10, 4);
    const second = await member('--from-beginning', '--exit');
    expect(linesOf(second.stdout)).toEqual(values(10, 4));
    expect(await offsetsOf('billing')).toEqual([7, 7]);
    expect((await server.client.groups.describe('billing')).members).toEqual([]);
  });

  test('-n commits only what it printed', async () => {
    await fill(0, 10);
    const first = await member('--from-beginning', '-n', '3');
    expect(linesOf(first.stdout)).toHaveLength(3);
    const second = await member('--from-beginning', '--exit');
    expect(linesOf(first.stdout + second.stdout)).toEqual(values(0, 10));
  });

  /** A member of which the test says itself what it holds. */
  async function stubbornMember(topicId: string) {
    let held: number[] = [];
    let memberEpoch = 0;
    const beat = async () => {
      const owned = [{ topicId, partitions: held }];
      const introduction = { subscribedTopics: ['wide'] };
      const answer = await server.client.groups.heartbeat('billing', {
        memberId: 'stubborn',
        memberEpoch,
        ...(memberEpoch === 0 ? introduction : { owned }),
      });
      memberEpoch = answer.memberEpoch;
      return answer;
    };
    const { assignment } = await beat();
    held = assignment.flatMap(({ partitions }) => [...partitions]);
    return {
      /** What the group wants back, and has not got yet. */
      wanted: async () => (await beat()).revoke.flatMap(({ partitions }) => [...partitions]),
      async giveUp(partition: number) {
        held = held.filter((one) => one !== partition);
        await beat();
      },
    };
  }

  test('--exit waits for all that is meant for it, however late the others give it up', async () => {
    const { topicId } = await server.client.createTopic('wide', 4);
    const records = [0, 1, 2, 3].map((partition) => ({ value: `v${partition}`, partition }));
    await server.client.append('wide', records);
    const other = await stubbornMember(topicId);
    const args = ['consume', 'wide', '-g', 'billing', '-o', 'start', '--exit'];
    const running = startCli(args, { ...server, timing: machineTiming });
    await expect.poll(async () => (await other.wanted()).length).toBe(2);
    const [soon, late] = (await other.wanted()) as [number, number];
    await other.giveUp(soon);
    await running.until((stdout) => stdout === `v${soon}\n`);
    // It is at the end of all that it has, and not done.
    await other.giveUp(late);
    expect(await running.exitCode).toBe(0);
    expect(running.stdout().toString()).toBe(`v${soon}\nv${late}\n`);
    const { offsets } = await server.client.groups.offsets('billing');
    expect(offsets.map(({ partition }) => partition).sort()).toEqual([soon, late].sort());
  });

  test('--exit ends at what it holds; what others hold is theirs', async () => {
    const { topicId } = await server.client.createTopic('wide', 2);
    const records = [0, 1].map((partition) => ({ value: `v${partition}`, partition }));
    await server.client.append('wide', records);
    const other = await stubbornMember(topicId);
    const args = ['consume', 'wide', '-g', 'billing', '-o', 'start', '--exit'];
    const running = startCli(args, { ...server, timing: machineTiming });
    await expect.poll(async () => (await other.wanted()).length).toBe(1);
    const [given] = (await other.wanted()) as [number];
    await other.giveUp(given);
    expect(await running.exitCode).toBe(0);
    expect(running.stdout().toString()).toBe(`v${given}\n`);
    const { offsets } = await server.client.groups.offsets('billing');
    expect(offsets).toMatchObject([{ partition: given, offset: 1 }]);
    expect((await server.client.groups.describe('billing')).members).toHaveLength(1);
  });

  test('--exit ends, and says so, where others hold everything', async () => {
    const { topicId } = await server.client.createTopic('wide', 1);
    await server.client.append('wide', [{ value: 'v' }]);
    await stubbornMember(topicId);
    const result = await cli('consume', 'wide', '-g', 'billing', '-o', 'start', '--exit');
    expect(result).toMatchObject({ exitCode: 0, stdout: '' });
    expect(result.stderr).toMatch(/^Other members of group billing hold all partitions of wide/);
  });

  test('an offset that a partition does not have: the nearest that it has, and a note', async () => {
    await fill(0, 5);
    await server.client.trim('access', 1, 1);
    const below = await member('-o', '0', '--exit');
    expect(linesOf(below.stdout)).toEqual(['v0', 'v2', 'v3', 'v4']);
    expect(below.stderr).toContain('partition 1 begins at its start, 1');
    const above = await cli('consume', 'access', '-g', 'late', '-o', '3', '--exit');
    expect(above).toMatchObject({ exitCode: 0, stdout: '' });
    expect(above.stderr).toContain('partition 1 begins at its end, 2');
    expect(above.stderr).not.toContain('partition 0');
  });

  test('Ctrl-C commits and leaves', async () => {
    await fill(0, 6);
    const args = ['consume', 'access', '-g', 'billing', '-o', 'start', '--json'];
    const running = startCli(args, { ...server, timing: machineTiming });
    await running.until((stdout) => stdout.split('\n').length === 7);
    running.stop('SIGINT');
    expect(await running.exitCode).toBe(130);
    expect(running.stderr()).toBe('Stopped. What was printed is committed for group billing.\n');
    expect(await offsetsOf('billing')).toEqual([3, 3]);
    expect((await server.client.groups.list()).groups).toMatchObject([{ state: 'empty' }]);
  });

  test('a topic that is not there', async () => {
    const result = await cli('consume', 'nope', '-g', 'billing');
    expect(result).toMatchObject({ exitCode: 1, stdout: '' });
    expect((await server.client.groups.list()).groups).toEqual([]);
  });
});

describe('groups', () => {
  const seek = (...args: string[]) => cli('groups', 'seek', 'billing', ...args);

  beforeEach(async () => {
    await fill(0, 10);
    await member('--from-beginning', '-n', '10');
  });

  test('list and describe', async () => {
    const listed = await cli('groups', 'list');
    expect(listed.stdout).toMatch(/^GROUP +STATE +MEMBERS +EPOCH +ASSIGNOR\nbilling +empty +0 /);
    expect(JSON.parse((await cli('groups', 'list', '--json')).stdout)).toMatchObject({
      groups: [{ groupId: 'billing', members: 0 }],
    });
    await fill(10, 3);
    const described = await cli('groups', 'describe', 'billing');
    expect(described.stdout).toMatch(/^Group billing, empty, 0 members, lag 3\n/);
    expect(described.stdout).toMatch(/\naccess +0 +5 +7 +2 +\d[\d,]* h +-\n/);
    const json = JSON.parse((await cli('groups', 'describe', 'billing', '--json')).stdout);
    expect(json).toMatchObject({ lag: 3, partitions: [{ offset: 5 }, { offset: 5 }] });
  });

  test('a group with a member shows it, and seek asks for --force', async () => {
    const args = ['consume', 'access', '-g', 'billing'];
    const running = startCli(args, { ...server, timing: machineTiming });
    const isIn = async () => (await server.client.groups.describe('billing')).members.length;
    await expect.poll(isIn).toBe(1);
    expect((await cli('groups', 'describe', 'billing')).stdout).toMatch(/access:0,1/);
    const refused = await seek('--to-earliest', '--execute');
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(/--force/);
    expect(await offsetsOf('billing')).toEqual([5, 5]);
    expect((await seek('--to-earliest', '--execute', '--force')).exitCode).toBe(0);
    running.stop('SIGINT');
    await running.exitCode;
  });

  test.each([
    [['--to-earliest'], [0, 0]],
    [['--to-latest'], [5, 5]],
    [
      ['--to-offset', '2'],
      [2, 2],
    ],
    [
      ['--to-datetime', '12000'],
      [1, 1],
    ],
    [
      ['--to-datetime', '1970-01-01T00:00:15Z'],
      [3, 2],
    ],
    [
      ['--by-duration', '7d'],
      [5, 5],
    ],
    [
      ['--by-duration', 'PT1H30M'],
      [5, 5],
    ],
    [
      ['--shift-by', '-2'],
      [3, 3],
    ],
    [
      ['--to-earliest', '--topic', 'access:1'],
      [5, 0],
    ],
  ])('seek %j', async (args, offsets) => {
    const dry = await seek(...args);
    expect(dry.exitCode).toBe(0);
    expect(dry.stderr).toContain('--execute');
    expect(await offsetsOf('billing')).toEqual([5, 5]);
    const done = await seek(...args, '--execute');
    expect(done).toMatchObject({ exitCode: 0, stderr: '', stdout: dry.stdout });
    expect(await offsetsOf('billing')).toEqual(offsets);
  });

  test('delete', async () => {
    await server.client.groups.commit('other', {
      offsets: [{ topic: 'access', partition: 0, offset: 1 }],
    });
    expect((await cli('groups', 'delete', 'other', '--topic', 'access')).exitCode).toBe(0);
    expect(await offsetsOf('other')).toEqual([]);
    expect((await cli('groups', 'delete', 'other')).stdout).toBe('Deleted group other.\n');
    const again = await cli('groups', 'delete', 'other');
    expect(again.exitCode).toBe(1);
    expect(again.stderr).toContain('logbrook groups list');
    expect((await cli('groups', 'delete', 'other', '--if-exists')).exitCode).toBe(0);
  });
});
