/**
 * Following over server-sent events: what is there, what comes, and going on where a stream was cut.
 */

import { describe, expect, test } from 'vitest';
import {
  type Api,
  type ApiOf,
  append,
  appendEach,
  newTopic,
  problemFrom,
  recordsPath,
} from './api-client.js';
import { eventsOf, type StreamEvent, take } from './event-stream.js';

async function follow(api: Api, topic: string, query = '', lastEventId?: string) {
  const headers: Record<string, string> = { accept: 'text/event-stream' };
  if (lastEventId !== undefined) headers['last-event-id'] = lastEventId;
  const response = await api.fetch(`${recordsPath(topic)}${query}`, { headers });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  return eventsOf(response);
}

const valueIn = ({ data }: StreamEvent) => (data as { value: unknown }).value;

export function followCases(api: ApiOf): void {
  describe('following', () => {
    test('what is there comes first, then what is written, each with the next offset as its id', async () => {
      const topic = await newTopic(api());
      await append(api(), topic, [{ value: 'a' }, { value: 'b\n\nc', key: 'k', timestamp: 7 }]);
      const events = await follow(api(), topic);
      expect(await take(events, 2)).toMatchObject([
        { event: 'record', id: '1', data: { offset: 0, value: 'a' } },
        {
          event: 'record',
          id: '2',
          data: { topic, partition: 0, offset: 1, timestamp: 7, key: 'k', value: 'b\n\nc' },
        },
      ]);
      await appendEach(api(), topic, ['d', 'e']);
      expect((await take(events, 2)).map(valueIn)).toEqual(['d', 'e']);
      await events.return(undefined);
    });

    test('it begins where it is asked to', async () => {
      const topic = await newTopic(api());
      await append(api(), topic, [{ value: '0' }, { value: '1' }, { value: '2' }]);
      for (const [query, first] of [
        ['?offset=1', '1'],
        ['?last=1', '2'],
        ['?timestamp=0', '0'],
      ] as const) {
        const events = await follow(api(), topic, query);
        expect((await take(events, 1)).map(valueIn)).toEqual([first]);
        await events.return(undefined);
      }
    });

    test('format applies to events, and what does not fit is base64', async () => {
      const topic = await newTopic(api());
      await append(api(), topic, [{ value: { a: 1 }, format: 'json' }, { value: 'plain' }]);
      const events = await follow(api(), topic, '?format=json');
      expect((await take(events, 2)).map(({ data }) => data)).toMatchObject([
        { value: { a: 1 } },
        { value: 'cGxhaW4=', format: 'base64' },
      ]);
      await events.return(undefined);
    });

    test('Last-Event-ID goes on after the event it names, whatever the query says', async () => {
      const topic = await newTopic(api());
      await append(api(), topic, [{ value: 'a' }, { value: 'b' }, { value: 'c' }]);
      const cut = await follow(api(), topic, '?offset=0');
      const [, second] = await take(cut, 2);
      await cut.return(undefined);
      const resumed = await follow(api(), topic, '?offset=0', second?.id);
      expect((await take(resumed, 1)).map(valueIn)).toEqual(['c']);
      await appendEach(api(), topic, ['d']);
      expect((await take(resumed, 1)).map(valueIn)).toEqual(['d']);
      await resumed.return(undefined);
    });

    test('a Last-Event-ID that is no offset, or lies beyond the end, is refused', async () => {
      const topic = await newTopic(api());
      const headers = { accept: 'text/event-stream', 'last-event-id': '1e3' };
      const wrong = await api().fetch(recordsPath(topic), { headers });
      await problemFrom(wrong, 400, 'INVALID_REQUEST', /Last-Event-ID/);
      const beyond = { accept: 'text/event-stream', 'last-event-id': '4' };
      const response = await api().fetch(recordsPath(topic), { headers: beyond });
      await problemFrom(response, 416, 'OFFSET_OUT_OF_RANGE');
    });

    test('two followers of one partition see the same', async () => {
      const topic = await newTopic(api());
      const followers = await Promise.all([follow(api(), topic), follow(api(), topic)]);
      await appendEach(api(), topic, ['a', 'b', 'c']);
      for (const events of followers) {
        expect((await take(events, 3)).map(valueIn)).toEqual(['a', 'b', 'c']);
        await events.return(undefined);
      }
    });
  });
}
