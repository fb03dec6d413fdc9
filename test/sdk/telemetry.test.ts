/**
 * What the SDK tells about its work: events on diagnostics channels, by name and with what they carry, and the
 * OpenTelemetry example of docs/sdk.md as it is written there, run against a stand-in for its API.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { transform } from 'esbuild';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connect } from '../../bin/sdk.js';
import { type RunningServer, serve } from '../../bin/serve.js';
import type { ClientEvent } from '../../lib/client/observer.js';
import type { Fetch } from '../support/fetch.js';

const root = path.resolve(import.meta.dirname, '../..');

let server: RunningServer;
let child: ChildProcess | undefined;
let user: string;

beforeEach(async () => {
  user = mkdtempSync(path.join(tmpdir(), 'logbrook-telemetry-'));
  const options = { port: 0, host: '127.0.0.1', dataDir: user, takeOver: false };
  server = await serve({ ...options, store: 'memory' }, { LOGBROOK_LOG_LEVEL: 'silent' });
  await connect({ url: server.url }).admin.createTopic('orders', 2);
});
afterEach(async () => {
  if (child?.exitCode === null) {
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }
  await server.stop();
  rmSync(user, { recursive: true, force: true });
});

type Type = ClientEvent['type'];
const types: Record<Type, true> = {
  'batch-sent': true,
  'batch-failed': true,
  fetched: true,
  committed: true,
  'commit-failed': true,
  assigned: true,
  revoked: true,
  lost: true,
  retried: true,
};

/** Everything that is published, in order. */
function listen() {
  const heard: { channel: string; event: ClientEvent }[] = [];
  const waiting = new Set<() => void>();
  const hear = (event: unknown, channel: string | symbol) => {
    heard.push({ channel: String(channel), event: event as ClientEvent });
    for (const look of waiting) look();
  };
  const channels = Object.keys(types).map((type) => `logbrook:${type}`);
  for (const channel of channels) subscribe(channel, hear);
  const find = <T extends Type>(type: T) =>
    heard.find(({ event }) => event.type === type)?.event as
      | Extract<ClientEvent, { type: T }>
      | undefined;
  return {
    heard,
    first: <T extends Type>(type: T) =>
      new Promise<Extract<ClientEvent, { type: T }>>((resolve) => {
        const look = () => {
          const found = find(type);
          if (!found) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
    stop() {
      for (const channel of channels) unsubscribe(channel, hear);
    },
  };
}

test('every event is published on the channel of its name, with all that is promised', async () => {
  /** The next POST to such a path is answered with this. */
  let wrong: { readonly path: string; readonly code: string; readonly status: number } | undefined;
  const flaky: Fetch = async (url, init) => {
    if (!wrong || init.method !== 'POST' || !String(url).includes(wrong.path))
      return fetch(url, init);
    const { code, status } = wrong;
    wrong = undefined;
    const problem = { code, status, detail: code, retriable: status === 503, sideEffects: 'none' };
    const headers = { 'content-type': 'application/problem+json' };
    return new Response(JSON.stringify(problem), { status, headers });
  };
  const logbrook = connect({ url: server.url, fetch: flaky });
  const { first, heard, stop } = listen();
  try {
    wrong = { path: '/records', code: 'THROTTLING_QUOTA_EXCEEDED', status: 503 };
    const producer = logbrook.producer({ lingerMs: 0 });
    await producer.send({ topic: 'orders', partition: 0, value: 'one' });
    await producer.flush();
    expect(await first('retried')).toMatchObject({ path: expect.stringContaining('orders') });
    expect(await first('batch-sent')).toMatchObject({
      topic: 'orders',
      partition: 0,
      recordCount: 1,
      sizeBytes: expect.any(Number),
      baseOffset: 0,
      durationMs: expect.any(Number),
    });
    wrong = { path: '/records', code: 'INVALID_RECORD', status: 400 };
    const lost = await producer.send({ topic: 'orders', partition: 1, value: 'refused' });
    await expect(lost.ack).rejects.toThrow();
    expect(await first('batch-failed')).toMatchObject({
      topic: 'orders',
      partition: 1,
      recordCount: 1,
      error: { code: 'INVALID_RECORD' },
    });
    await producer.close().catch(() => undefined);

    const group = { id: 'billing', sessionTimeoutMs: 1_500 };
    const consumer = logbrook.consumer({ topics: ['orders'], group, autoCommitIntervalMs: false });
    const records = consumer[Symbol.asyncIterator]();
    await records.next();
    const ofGroup = { groupId: 'billing', memberId: expect.any(String) };
    const at = { topic: 'orders', partition: 0 };
    expect(await first('assigned')).toMatchObject({
      positions: [
        { ...at, offset: 0 },
        { ...at, partition: 1, offset: 0 },
      ],
      ...ofGroup,
    });
    expect(await first('fetched')).toMatchObject({
      ...at,
      recordCount: 1,
      sizeBytes: expect.any(Number),
      nextOffset: 1,
      highWatermark: 1,
    });
    const next = records.next();
    wrong = { path: '/offsets', code: 'INVALID_REQUEST', status: 400 };
    await expect(consumer.commit()).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    expect(await first('commit-failed')).toMatchObject({ error: { code: 'INVALID_REQUEST' } });
    await consumer.commit();
    expect(await first('committed')).toMatchObject({ positions: [{ ...at, offset: 1 }] });

    // Who comes gets a partition of the first.
    const other = connect({ url: server.url }).consumer({ topics: ['orders'], group });
    const running = other.run(() => {});
    expect(await first('revoked')).toMatchObject({
      partitions: [{ topic: 'orders', partition: expect.any(Number) }],
      ...ofGroup,
    });
    await other.close();
    await running;

    // It is sent away without its knowing.
    const { memberId } = await first('assigned');
    await logbrook.admin.groups.heartbeat('billing', { memberId, memberEpoch: -1 });
    expect(await first('lost')).toMatchObject({ partitions: expect.any(Array), ...ofGroup });
    await consumer.close();
    await next;
    expect(new Set(heard.map(({ event }) => event.type))).toEqual(new Set(Object.keys(types)));
    for (const { channel, event } of heard) expect(channel).toBe(`logbrook:${event.type}`);
  } finally {
    stop();
  }
});

/** As much of the API as the example uses; what it is told it prints, and what it is given to carry it carries. */
const standIn = `
  import { AsyncLocalStorage } from 'node:async_hooks';
  const active = new AsyncLocalStorage();
  const tell = (what) => console.log(JSON.stringify(what));
  export const context = { active: () => active.getStore() ?? { trace: 'from-the-producer' } };
  export const propagation = {
    inject: ({ trace }, carrier) => { carrier.traceparent = trace; },
    extract: (_context, carrier) => ({ trace: carrier.traceparent }),
  };
  const span = (name, { trace }) => ({ end: () => tell({ span: name, trace }) });
  export const trace = {
    getTracer: () => ({
      startActiveSpan: (name, _options, context, work) =>
        active.run(context, () => work(span(name, context))),
    }),
  };
  const instrument = (name) => ({ record: (value, labels) => tell({ name, value, ...labels }) });
  export const metrics = {
    getMeter: () => ({ createHistogram: instrument, createGauge: instrument }),
  };
`;

test('the OpenTelemetry example measures, and its trace goes on from producer to consumer', async () => {
  const page = readFileSync(path.join(root, 'docs/sdk.md'), 'utf8');
  const example = [...page.matchAll(/```ts\n(.*?)```/gs)]
    .map(([, code = '']) => code)
    .find((code) => code.includes('@opentelemetry/api'));
  const telemetry = path.join(user, 'node_modules/@opentelemetry/api');
  mkdirSync(telemetry, { recursive: true });
  symlinkSync(root, path.join(user, 'node_modules/logbrook'));
  writeFileSync(path.join(user, 'package.json'), '{"type":"module"}');
  writeFileSync(path.join(telemetry, 'package.json'), '{"type":"module","exports":"./api.js"}');
  writeFileSync(path.join(telemetry, 'api.js'), standIn);
  const here = example?.replaceAll('http://127.0.0.1:9642', server.url) ?? '';
  const { code } = await transform(here, { loader: 'ts', target: 'node20', format: 'esm' });
  writeFileSync(path.join(user, 'example.mjs'), code);
  child = spawn(process.execPath, ['example.mjs'], {
    cwd: user,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const told: Record<string, unknown>[] = [];
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    told.push(JSON.parse(line));
    if ('span' in (told.at(-1) ?? {})) break;
  }
  expect(told).toContainEqual({
    name: 'logbrook.batch.duration',
    value: expect.any(Number),
    topic: 'orders',
  });
  expect(told).toContainEqual({ name: 'logbrook.consumer.lag', value: 0, topic: 'orders' });
  expect(told.at(-1)).toEqual({ span: 'order', trace: 'from-the-producer' });
}, 60_000);
