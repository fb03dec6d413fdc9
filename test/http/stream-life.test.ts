/**
 * How a stream of lib/http/follow.js goes on when there is nothing to say, and how it ends: after its
 * time, when its topic is deleted, and when its reader has gone.
 */

import { expect, test } from 'vitest';
import type { Clock } from '../../lib/store/world.js';
import { type Api, append, appendEach, newTopic, recordsPath } from './api-client.js';
import { inProcessApi, localServerApi, quietWorld } from './apis.js';
import { eventsOf, take, takeAll } from './event-stream.js';

const accept = { headers: { accept: 'text/event-stream' } };

const follow = async (api: Api, topic: string, query = '') =>
  eventsOf(await api.fetch(`${recordsPath(topic)}${query}`, accept));

// Fault 30 of docs/faults.md.
test('a stream with nothing to say sends heartbeats, and after its time an end', async () => {
  const api = await inProcessApi({ settings: { heartbeatMs: 60, streamLifeMs: 250 } });
  const topic = await newTopic(api);
  await append(api, topic, [{ value: 'a' }, { value: 'b' }]);
  const events = await takeAll(await follow(api, topic, '?offset=1'));
  expect(events[0]).toMatchObject({ event: 'record', id: '2' });
  expect(events.at(-1)).toEqual({ event: 'end', data: { nextOffset: 2 } });
  const between = events.slice(1, -1);
  expect(between.length).toBeGreaterThan(0);
  for (const event of between) {
    expect(event).toEqual({ event: 'heartbeat', data: { highWatermark: 2 } });
  }
  await api.stop();
});

test('a server ends its streams after LOGBROOK_STREAM_LIFE_MS, and they go on from the end event', async () => {
  const api = await localServerApi({ LOGBROOK_STREAM_LIFE_MS: '150' });
  const topic = await newTopic(api);
  await appendEach(api, topic, ['a']);
  const ended = (await takeAll(await follow(api, topic))).at(-1);
  expect(ended).toEqual({ event: 'end', data: { nextOffset: 1 } });
  await appendEach(api, topic, ['b']);
  const [next] = await takeAll(await follow(api, topic, '?offset=1'));
  expect(next).toMatchObject({ event: 'record', data: { value: 'b' } });
  await api.stop();
});

test('a follower of a topic that is deleted is told so, and the stream ends', async () => {
  const api = await inProcessApi({ settings: { heartbeatMs: 60 } });
  const topic = await newTopic(api);
  await appendEach(api, topic, ['a']);
  const events = await follow(api, topic);
  await take(events, 1);
  await api.fetch(`/v1/topics/${topic}`, { method: 'DELETE' });
  const rest = await takeAll(events);
  expect(rest.at(-1)).toMatchObject({
    event: 'error',
    data: { code: 'UNKNOWN_TOPIC_OR_PARTITION', status: 404, sideEffects: 'none' },
  });
  expect(rest.filter(({ event }) => event === 'error')).toHaveLength(1);
  await api.stop();
});

test('a reader that goes away is not waited for any more', async () => {
  const { clock } = quietWorld();
  let running = 0;
  const counting: Clock = {
    ...clock,
    every(intervalMs, tick) {
      running++;
      const stop = clock.every(intervalMs, tick);
      return () => {
        running--;
        stop();
      };
    },
  };
  const api = await inProcessApi({ clock: counting });
  const topic = await newTopic(api);
  await appendEach(api, topic, ['a']);
  const events = await follow(api, topic);
  await take(events, 1);
  await new Promise((resolve) => setImmediate(resolve));
  expect(running).toBe(1);
  await events.return(undefined);
  await new Promise((resolve) => setImmediate(resolve));
  expect(running).toBe(0);
  await api.stop();
});

test('a server that stops says so to its followers, and does not wait for them', async () => {
  const api = await localServerApi();
  const topic = await newTopic(api);
  await appendEach(api, topic, ['a']);
  const events = await follow(api, topic);
  await take(events, 1);
  const startMs = performance.now();
  const rest = takeAll(events);
  await api.stop();
  expect((await rest).at(-1)).toEqual({ event: 'end', data: { nextOffset: 1 } });
  expect(performance.now() - startMs).toBeLessThan(1_500);
});
