/** lib/http/read-body.js: bodies are capped while they arrive, and read as what they are or not at all. */

import { describe, expect, test } from 'vitest';
import {
  bodyText,
  checkContentEncoding,
  checkDeclaredLength,
  parseJson,
  readWebBody,
} from '../../lib/http/read-body.js';

const streaming = (source: UnderlyingDefaultSource<Uint8Array>) =>
  new Request('http://x/', {
    method: 'POST',
    body: new ReadableStream(source),
    duplex: 'half',
  } as RequestInit);

test('a body that grows over its limit is given up in time', async () => {
  let pulled = 0;
  let cancelled = false;
  const request = streaming({
    pull(controller) {
      pulled++;
      controller.enqueue(new Uint8Array(1000));
    },
    cancel() {
      cancelled = true;
    },
  });
  await expect(readWebBody(request, undefined, 10_000)).rejects.toMatchObject({
    code: 'MESSAGE_TOO_LARGE',
  });
  expect([cancelled, pulled < 20]).toEqual([true, true]);
});

test('a body that breaks off is an error of the request', async () => {
  const request = streaming({
    pull(controller) {
      controller.error(new Error('connection lost'));
    },
  });
  await expect(readWebBody(request, undefined, 10)).rejects.toMatchObject({ status: 400 });
});

test('a request without a body has an empty one', async () => {
  const request = new Request('http://x/', { method: 'POST' });
  expect(await readWebBody(request, undefined, 10)).toHaveLength(0);
});

describe('headers', () => {
  test('a declared length is believed when it is too large', () => {
    const headers = (length: string) => new Headers({ 'content-length': length });
    expect(() => checkDeclaredLength(headers('11'), 10)).toThrow(/limit of 10/);
    expect(() => checkDeclaredLength(headers('10'), 10)).not.toThrow();
    expect(() => checkDeclaredLength(new Headers(), 10)).not.toThrow();
  });

  test.each(['identity', 'Identity', ' identity '])('%j is plain', (encoding) => {
    const headers = new Headers({ 'content-encoding': encoding });
    expect(() => checkContentEncoding(headers)).not.toThrow();
  });

  test.each(['gzip', 'br', 'gzip, identity'])('%j is refused', (encoding) => {
    const headers = new Headers({ 'content-encoding': encoding });
    expect(() => checkContentEncoding(headers)).toThrow(encoding);
  });
});

describe('text', () => {
  test('UTF-8 is decoded, a byte order mark is kept, anything else refused', () => {
    expect(bodyText(new TextEncoder().encode('ü\ufeff\0'))).toBe('ü\ufeff\0');
    for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf0, 0x9f]]) {
      expect(() => bodyText(new Uint8Array(bytes))).toThrow(/UTF-8/);
    }
  });

  test('what is no JSON says where it stood', () => {
    expect(parseJson('{"a":1}', 'Line 1')).toEqual({ a: 1 });
    expect(() => parseJson('{', 'Line 7')).toThrow(/^Line 7 is not valid JSON/);
  });
});
