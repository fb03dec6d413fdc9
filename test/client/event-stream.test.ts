/** lib/client/event-stream.js: events come out whole, wherever the network cuts them. */

import { expect, test } from 'vitest';
import { bodyChunks, readEvents, type ServerEvent } from '../../lib/client/event-stream.js';

async function* chunksOf(bytes: Uint8Array, sizeBytes: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < bytes.length; i += sizeBytes) yield bytes.subarray(i, i + sizeBytes);
}

async function eventsOf(text: string, chunkBytes: number): Promise<ServerEvent[]> {
  const events: ServerEvent[] = [];
  const bytes = new TextEncoder().encode(text);
  for await (const event of readEvents(chunksOf(bytes, chunkBytes))) events.push(event);
  return events;
}

const stream = [
  'event: record\ndata: {"value":"grün 𝄞"}\nid: 1\n\n',
  ': a comment\n\n',
  'event: heartbeat\r\ndata:no space\r\ndata\r\n\r\n',
  'data: a\rdata: b\r\r',
  'id: 7\n\n',
  'data: cut off',
].join('');

test.each([1, 2, 3, 7, 10_000])('chunks of %d bytes', async (chunkBytes) => {
  expect(await eventsOf(stream, chunkBytes)).toEqual([
    { event: 'record', data: '{"value":"grün 𝄞"}', id: '1' },
    { event: 'heartbeat', data: 'no space\n', id: undefined },
    { event: 'message', data: 'a\nb', id: undefined },
  ]);
});

test('leaving a body early cancels it', async () => {
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(1)),
    cancel() {
      cancelled = true;
    },
  });
  for await (const chunk of bodyChunks(body)) {
    expect(chunk).toHaveLength(1);
    break;
  }
  expect(cancelled).toBe(true);
});

test('no body is an empty one', async () => {
  for await (const chunk of bodyChunks(null)) expect.unreachable(String(chunk));
});
