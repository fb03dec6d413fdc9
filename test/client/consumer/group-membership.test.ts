/**
 * lib/client/consumer/group-membership.js in whole consumers, against the real app on a clock that the
 * test moves: partitions are shared, handed over and taken from the dead; nothing is missed, and nothing
 * handled twice after it was committed.
 */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Consumer } from '../../../lib/client/consumer/consumer.js';
import { deadLetter } from '../../../lib/client/consumer/dead-letter.js';
import { createLogbrook, type TypedConsumerOptions } from '../../../lib/client/logbrook.js';
import type { ClientEvent } from '../../../lib/client/observer.js';
import { nodeCodecs } from '../../../lib/runtime/node-codecs.js';
import type { Fetch } from '../../support/fetch.js';
import { createManualWorld, type ManualWorld } from '../../support/manual-world.js';
import {
  connectionFailure,
  startTestServer,
  type TestServer,
  testUrl,
} from '../in-process-server.js';
import { createMemberClock, type MemberClock } from './member-clock.js';

type Text = string | null;
type Options = Omit<TypedConsumerOptions<Text, Text>, 'group'> & {
  readonly group?: Partial<NonNullable<TypedConsumerOptions<Text, Text>['group']>>;
  readonly fetch?: Fetch;
};

const sessionTimeoutMs = 6_000;
const heartbeatMs = 2_000;
const partitionCount = 4;

let world: ManualWorld;
let server: TestServer;
let opened: Member[];
let clock: MemberClock;
const step = () => clock.step();
const until: MemberClock['until'] = (condition, withinMs) => clock.until(condition, withinMs);
const eventually = <T>(promise: Promise<T>) => clock.eventually(promise);

type Member = {
  readonly consumer: Consumer<Text, Text>;
  readonly events: ClientEvent[];
  /** Nothing of it reaches the server any more. */
  die(): void;
};

beforeEach(async () => {
  world = createManualWorld();
  clock = createMemberClock(world);
  server = startTestServer({ world });
  opened = [];
  await eventually(server.client.createTopic('access', partitionCount));
});
afterEach(async () => {
  for (const { consumer } of opened) await eventually(consumer.close());
  await server.close();
});

function logbrookOf(fetch: Fetch, observe?: (event: ClientEvent) => void) {
  return createLogbrook({ url: testUrl, fetch, timing: clock.timing, observe }, nodeCodecs);
}

function open({ group, fetch: through = server.fetch, ...options }: Options = {}): Member {
  const events: ClientEvent[] = [];
  let dead = false;
  const fetch: Fetch = async (url, init) => {
    if (dead) throw connectionFailure('ECONNRESET');
    const answer = await through(url, init);
    if (dead) throw connectionFailure('ECONNRESET');
    return answer;
  };
  const consumer = logbrookOf(fetch, (event) => events.push(event)).consumer<Text, Text>({
    ...(options.pattern === undefined && { topics: ['access'] }),
    fetchWaitMs: 500,
    autoCommitIntervalMs: false,
    ...options,
    group: { id: 'billing', sessionTimeoutMs, ...group },
  });
  const die = () => {
    dead = true;
  };
  const member = { consumer, events, die };
  opened.push(member);
  return member;
}

const owns = ({ consumer }: Member) =>
  consumer
    .positions()
    .map(({ topic, partition }) => `${topic}/${partition}`)
    .sort();

async function produce(from: number, count: number): Promise<void> {
  const records = Array.from({ length: count }, (_, i) => ({
    value: `v${from + i}`,
    partition: (from + i) % partitionCount,
  }));
  await eventually(server.client.append('access', records));
}

const all = (count: number) => Array.from({ length: count }, (_, i) => `v${i}`).sort();
const collect = (member: Member, into: string[]) =>
  member.consumer.run(({ value }) => void into.push(value ?? ''));

async function committed(): Promise<number> {
  const { offsets } = await eventually(server.client.groups.offsets('billing'));
  return offsets.reduce((sum, { offset }) => sum + offset, 0);
}

test('two members share the partitions; what one has finished the other does not see', async () => {
  await produce(0, 40);
  const [first, second] = [open(), open()];
  const [seen, later]: [string[], string[]] = [[], []];
  void collect(first, seen);
  await until(() => seen.length === 40);
  void collect(second, later);
  await until(() => owns(first).length === 2 && owns(second).length === 2);
  expect([...owns(first), ...owns(second)].sort()).toEqual(
    [0, 1, 2, 3].map((partition) => `access/${partition}`),
  );
  await produce(40, 40);
  await until(() => seen.length + later.length >= 80);
  expect([...seen, ...later].sort()).toEqual(all(80));
  expect(later.length).toBe(20);
  await eventually(Promise.all([first.consumer.close(), second.consumer.close()]));
  expect(await committed()).toBe(80);
});

// Fault 47 of docs/faults.md.
test('partitions of a dead member are taken over in time, from where it had committed', async () => {
  await produce(0, 40);
  const [first, second] = [open(), open()];
  const [seen, later]: [string[], string[]] = [[], []];
  void collect(first, seen);
  void collect(second, later);
  await until(() => owns(first).length === 2 && owns(second).length === 2);
  await until(() => new Set([...seen, ...later]).size === 40);
  await eventually(first.consumer.commit());
  await eventually(second.consumer.commit());
  first.die();
  const diedMs = world.clock.nowMs();
  await produce(40, 40);
  await until(() => owns(second).length === partitionCount);
  expect(world.clock.nowMs() - diedMs).toBeLessThanOrEqual(sessionTimeoutMs + 2 * heartbeatMs);
  await until(() => new Set([...seen, ...later]).size === 80);
  expect(later.filter((value) => Number(value.slice(1)) >= 40)).toHaveLength(40);
  expect([...seen, ...later].sort()).toEqual(all(80));
  // It notices by itself that its session is over.
  await until(() => owns(first).length === 0);
  expect(first.events.map(({ type }) => type)).toContain('lost');
});

// Fault 48 of docs/faults.md.
test('who was paused past its session is refused, loses its records, and comes back', async () => {
  await produce(0, 8);
  const [first, second] = [open(), open()];
  const taken = await firstOf(first);
  // Another process sends it away without its knowing.
  const { members } = await eventually(server.client.groups.describe('billing'));
  const memberId = members[0]?.memberId ?? '';
  await eventually(server.client.groups.heartbeat('billing', { memberId, memberEpoch: -1 }));
  const seen: string[] = [];
  void collect(second, seen);
  await until(() => seen.length === 8);
  await eventually(second.consumer.commit());
  // Asking for the next finishes the first, so there is something to commit.
  const next = taken.next();
  await expect(eventually(first.consumer.commit())).rejects.toMatchObject({
    code: 'UNKNOWN_MEMBER_ID',
  });
  expect(taken.record.signal.aborted).toBe(true);
  expect(await committed()).toBe(8);
  await until(() => owns(first).length === 2);
  await eventually(first.consumer.close());
  await next;
});

async function firstOf({ consumer }: Member) {
  const records = consumer[Symbol.asyncIterator]();
  const { value } = await eventually(records.next());
  return { record: value, next: () => records.next() };
}

test('whoever takes no records for too long leaves, and joins again when it takes some', async () => {
  await produce(0, 8);
  const [slow, other] = [open({ group: { maxPollIntervalMs: 5_000 } }), open()];
  const taken = await firstOf(slow);
  expect(owns(slow)).toHaveLength(partitionCount);
  const seen: string[] = [];
  void collect(other, seen);
  await until(() => owns(other).length === partitionCount);
  expect(taken.record.signal.aborted).toBe(true);
  expect(owns(slow)).toEqual([]);
  await until(() => seen.length === 8);
  void taken.next();
  await until(() => owns(slow).length === 2);
});

// Fault 48 of docs/faults.md.
test('heartbeats go on while a handler works, longer than a session', async () => {
  await produce(0, 4);
  const [first, second] = [open(), open()];
  let finish = () => {};
  const working = new Promise<void>((resolve) => {
    finish = resolve;
  });
  void first.consumer.run(() => working, { concurrency: 4 });
  await until(() => owns(first).length === partitionCount);
  const endMs = world.clock.nowMs() + 3 * sessionTimeoutMs;
  await until(() => world.clock.nowMs() > endMs);
  expect(first.events.filter(({ type }) => type === 'lost')).toEqual([]);
  // Who comes waits for the handlers, up to a limit.
  const seen: string[] = [];
  void collect(second, seen);
  await until(() => first.events.some(({ type }) => type === 'revoked'));
  finish();
  await until(() => owns(second).length === 2);
  await step();
  expect(seen).toEqual([]);
});

describe('where it begins', () => {
  test.each<[Options, number]>([
    [{}, 8],
    [{ autoOffsetReset: 'latest' }, 0],
    [{ start: { last: 1 } }, 4],
    [{ start: 'latest' }, 0],
  ])('%j', async (options, count) => {
    await produce(0, 8);
    const member = open(options);
    const seen: string[] = [];
    void collect(member, seen);
    await until(() => owns(member).length === partitionCount);
    await produce(8, 4);
    await until(() => seen.length >= count + 4);
    expect(seen).toHaveLength(count + 4);
  });

  test('with autoOffsetReset error it fails where nothing is committed', async () => {
    const running = collect(open({ autoOffsetReset: 'error' }), []);
    await expect(eventually(running)).rejects.toMatchObject({ code: 'OFFSET_OUT_OF_RANGE' });
  });
});

test('a pattern: topics that come later are read too', async () => {
  const member = open({ pattern: /acc.*/ });
  const seen: string[] = [];
  void collect(member, seen);
  await until(() => owns(member).length === partitionCount);
  await eventually(server.client.createTopic('accounts', 1));
  await eventually(server.client.append('accounts', [{ value: 'new' }]));
  await until(() => seen.includes('new'));
  await eventually(server.client.deleteTopic('accounts'));
  await until(() => owns(member).length === partitionCount);
});

test('a static member comes back to its partitions, and nobody else is disturbed', async () => {
  const [first, second] = [
    open({ group: { instanceId: 'a' } }),
    open({ group: { instanceId: 'b' } }),
  ];
  void collect(first, []);
  void collect(second, []);
  await until(() => owns(first).length === 2 && owns(second).length === 2);
  const before = owns(first);
  await eventually(first.consumer.close());
  const again = open({ group: { instanceId: 'a' } });
  void collect(again, []);
  await until(() => owns(again).length === 2);
  expect(owns(again)).toEqual(before);
  expect(second.events.filter(({ type }) => type === 'revoked').length).toBeLessThanOrEqual(1);
});

test('an instance that is taken over ends with an error', async () => {
  let cut = false;
  const flaky: Fetch = async (url, init) => {
    if (cut) throw connectionFailure('ECONNRESET');
    return server.fetch(url, init);
  };
  const first = open({ group: { instanceId: 'a' }, fetch: flaky });
  const failed = collect(first, []).catch((error: unknown) => error);
  await until(() => owns(first).length === partitionCount);
  cut = true;
  const second = open({ group: { instanceId: 'a' } });
  void collect(second, []);
  await until(() => owns(second).length === partitionCount);
  await until(() => owns(first).length === 0);
  cut = false;
  expect(await eventually(failed)).toMatchObject({ code: 'UNRELEASED_INSTANCE_ID' });
});

test('a group that cannot be joined is an error at once', async () => {
  const bad = open({ group: { sessionTimeoutMs: 1 } });
  await expect(eventually(collect(bad, []))).rejects.toMatchObject({
    code: 'INVALID_SESSION_TIMEOUT',
  });
});

test('what keeps failing goes to another topic, with where it came from', async () => {
  await eventually(server.client.createTopic('failed', 1));
  await produce(0, 8);
  const producer = logbrookOf(server.fetch).producer({ lingerMs: 0 });
  const member = open();
  const seen: string[] = [];
  void member.consumer.run(
    ({ value }) => {
      if (value === 'v5') throw new Error('no five');
      seen.push(value ?? '');
    },
    { onFailure: deadLetter(producer, 'failed') },
  );
  await until(() => seen.length === 7);
  const page = () => server.client.fetch('failed', 0, { offset: 0 });
  let { records } = await eventually(page());
  while (records.length === 0) ({ records } = await eventually(page()));
  expect(records[0]).toMatchObject({
    value: 'v5',
    headers: [
      ['dead-letter.topic', 'access'],
      ['dead-letter.partition', '1'],
      ['dead-letter.offset', '1'],
      ['dead-letter.timestamp', expect.any(String)],
      ['dead-letter.error', 'Error: no five'],
    ],
  });
});
