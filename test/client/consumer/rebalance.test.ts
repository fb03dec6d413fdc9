/**
 * Eight consumers of one group over HTTP to a server on the local store, on sockets and disk, but on a clock
 * that the test moves. One is killed: it is not heard of again. The others have its partitions within a session
 * timeout and two heartbeats; nothing that was committed is handled again, and nothing is missed.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createPortServer } from '../../../bin/one-port.js';
import { createHttpClient, type HttpClient } from '../../../lib/client/http-client.js';
import { createLogbrook } from '../../../lib/client/logbrook.js';
import { nodeCodecs } from '../../../lib/runtime/node-codecs.js';
import { createLocalStores } from '../../../lib/store/local/local-stores.js';
import type { Fetch } from '../../support/fetch.js';
import { createManualWorld, type ManualWorld } from '../../support/manual-world.js';
import { connectionFailure, startTestServer } from '../in-process-server.js';
import { createMemberClock, eventLoopRounds, type MemberClock } from './member-clock.js';

const sessionTimeoutMs = 6_000;
const heartbeatMs = sessionTimeoutMs / 3;
const memberCount = 8;
const partitionCount = 24;

let world: ManualWorld;
let clock: MemberClock;
let dir: string;
let stop: () => Promise<void>;
let url: string;
let admin: HttpClient;
/** Requests that answer by themselves: all but those of readers who wait for records. */
let underWay = 0;

const counted: Fetch = async (address, init) => {
  const waits = (init.method ?? 'GET') === 'GET' && /\/records/.test(String(address));
  if (!waits) underWay++;
  try {
    const response = await fetch(address, init);
    const body = await response.arrayBuffer();
    return new Response(body.byteLength > 0 ? body : null, response);
  } finally {
    if (!waits) underWay--;
  }
};

async function settled(): Promise<void> {
  await eventLoopRounds();
  while (underWay > 0) await eventLoopRounds();
}

beforeEach(async () => {
  underWay = 0;
  world = createManualWorld();
  clock = createMemberClock(world, settled);
  dir = await mkdtemp(join(tmpdir(), 'logbrook-rebalance-'));
  const stores = await createLocalStores({ dataDir: dir });
  const app = startTestServer({ world, stores });
  const server = createPortServer((request) => app.fetchRequest(request));
  const { port } = await server.listen(0, '127.0.0.1');
  url = `http://127.0.0.1:${port}`;
  admin = createHttpClient({ url, fetch: counted, timing: clock.timing });
  stop = async () => {
    const closed = server.close();
    await app.close();
    server.closeAll();
    await closed;
    await stores.close();
  };
});
afterEach(async () => {
  await stop();
  await rm(dir, { recursive: true, force: true });
});

type Handled = { readonly place: string; readonly offset: number; readonly value: string };

/** Handles records, and remembers what it was told to have committed. */
function startMember(handled: Handled[], committed: Map<string, number>, again: Handled[]) {
  let dead = false;
  const cutOff: Fetch = async (address, init) => {
    if (dead) throw connectionFailure('ECONNRESET');
    const answer = await counted(address, init);
    if (dead) throw connectionFailure('ECONNRESET');
    return answer;
  };
  const { timing } = clock;
  const observe: Parameters<typeof createLogbrook>[0]['observe'] = (event) => {
    for (const at of event.type === 'committed' ? event.positions : []) {
      const place = `${at.topic}/${at.partition}`;
      committed.set(place, Math.max(at.offset, committed.get(place) ?? 0));
    }
  };
  const logbrook = createLogbrook({ url, fetch: cutOff, timing, observe }, nodeCodecs);
  const consumer = logbrook.consumer({
    topics: ['access'],
    group: { id: 'eight', sessionTimeoutMs },
    fetchWaitMs: 500,
    autoCommitIntervalMs: false,
  });
  const running = consumer.run(({ topic, partition, offset, value }) => {
    const record = { place: `${topic}/${partition}`, offset, value: value ?? '' };
    if (offset < (committed.get(record.place) ?? 0)) again.push(record);
    handled.push(record);
  });
  return {
    consumer,
    running,
    owned: () => consumer.positions().map(({ partition }) => partition),
    die: () => {
      dead = true;
    },
  };
}

// Fault 47 of docs/faults.md.
test('eight consumers share the partitions of one that is killed in time', async () => {
  await clock.eventually(admin.createTopic('access', partitionCount));
  const [handled, again]: [Handled[], Handled[]] = [[], []];
  const committed = new Map<string, number>();
  const members = Array.from({ length: memberCount }, () => startMember(handled, committed, again));
  const [victim, ...others] = members as [(typeof members)[0], ...typeof members];
  const share = partitionCount / memberCount;
  await clock.until(() => members.every(({ owned }) => owned().length === share));

  let sent = 0;
  const produce = async (count: number) => {
    const records = Array.from({ length: count }, () => {
      return { value: `v${sent}`, partition: sent++ % partitionCount };
    });
    await clock.eventually(admin.append('access', records));
  };
  const seen = () => new Set(handled.map(({ value }) => value)).size;
  await produce(480);
  await clock.until(() => seen() === 480);
  await clock.eventually(Promise.all(members.map(({ consumer }) => consumer.commit())));
  // What it has handled and not committed is handled again by somebody, as it should be.
  await produce(240);
  await clock.until(() => seen() === 720);
  const lost = victim.owned();
  victim.die();
  const diedMs = world.clock.nowMs();
  await produce(240);
  await clock.until(() => {
    const all = others.flatMap(({ owned }) => owned());
    return new Set(all).size === partitionCount && all.length === partitionCount;
  });
  const tookMs = world.clock.nowMs() - diedMs;
  expect(tookMs).toBeGreaterThan(sessionTimeoutMs - heartbeatMs);
  expect(tookMs).toBeLessThanOrEqual(sessionTimeoutMs + 2 * heartbeatMs);

  await clock.until(() => seen() === 960);
  await clock.eventually(Promise.all(others.map(({ consumer }) => consumer.commit())));
  expect(again).toEqual([]);
  const times = new Map<string, number>();
  for (const { value } of handled) times.set(value, (times.get(value) ?? 0) + 1);
  const twice = handled.filter(({ value }) => (times.get(value) ?? 0) > 1);
  expect([...new Set(twice.map(({ place }) => place))].sort()).toEqual(
    lost.map((partition) => `access/${partition}`).sort(),
  );
  expect([...committed.values()].reduce((sum, offset) => sum + offset, 0)).toBe(960);
  await clock.until(() => victim.owned().length === 0);
  await clock.eventually(Promise.all(members.map(({ consumer }) => consumer.close())));
  await clock.eventually(Promise.all(members.map(({ running }) => running)));
}, 120_000);
