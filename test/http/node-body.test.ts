/** Bodies from Node's own stream (bin/node-body.ts): whole, too large, and cut off early or late. */

import { once } from 'node:events';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { readNodeBody } from '../../bin/node-body.js';
import { sizeOf } from '../../lib/log/byte-parts.js';

const request = (headers: Record<string, string> = {}) =>
  new Request('http://x/', { method: 'POST', headers });

function incoming(chunks: readonly string[], ends = true): IncomingMessage {
  const message = new IncomingMessage(new Socket());
  for (const chunk of chunks) message.push(Buffer.from(chunk));
  if (ends) message.push(null);
  return message;
}

const read = (message: IncomingMessage, bytesMax = 100) =>
  readNodeBody(request(), { incoming: message }, bytesMax);

test('the chunks of a body are handed on as they came', async () => {
  expect((await read(incoming(['ab', 'c', 'def']))).map(String)).toEqual(['ab', 'c', 'def']);
  expect(await read(incoming([]))).toHaveLength(0);
});

test('a body at the limit is taken, one byte more is not', async () => {
  expect(sizeOf(await read(incoming(['abc', 'de']), 5))).toBe(5);
  await expect(read(incoming(['abc', 'def']), 5)).rejects.toMatchObject({
    code: 'MESSAGE_TOO_LARGE',
    details: { limitBytes: 5 },
  });
});

test('a declared length over the limit is refused before anything is read', async () => {
  const tooLong = request({ 'content-length': '6' });
  const read = async () => readNodeBody(tooLong, { incoming: incoming(['a']) }, 5);
  await expect(read()).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' });
});

test('a sender that goes away while we read is an error of the request', async () => {
  const message = incoming(['ab'], false);
  const reading = read(message);
  message.destroy();
  await expect(reading).rejects.toMatchObject({ name: 'RequestError', status: 400 });
});

test('a sender that went away before we came to read does not keep us for ever', async () => {
  const message = incoming(['ab'], false);
  message.destroy();
  await once(message, 'close');
  await expect(read(message)).rejects.toMatchObject({ name: 'RequestError', status: 400 });
});

test('without a Node request the web body is read', async () => {
  const web = new Request('http://x/', { method: 'POST', body: 'web' });
  expect(Buffer.concat(await readNodeBody(web, undefined, 5)).toString()).toBe('web');
});
