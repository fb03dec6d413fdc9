/** lib/cli/line-splitter.js: the same lines, however the bytes are cut. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitLines } from '../../lib/cli/line-splitter.js';

async function linesOf(chunks: readonly Uint8Array[], lineBytesMax = 1_000_000): Promise<Buffer[]> {
  async function* source() {
    yield* chunks;
  }
  const lines: Buffer[] = [];
  for await (const some of splitLines(source(), lineBytesMax)) lines.push(...some);
  return lines;
}

test.each([
  ['', []],
  ['\n', ['']],
  ['a', ['a']],
  ['a\n', ['a']],
  ['a\n\nb', ['a', '', 'b']],
  ['a\r\nb\r', ['a\r', 'b\r']],
])('%j', async (text, lines) => {
  const found = await linesOf([Buffer.from(text)]);
  expect(found.map(String)).toEqual(lines);
});

test('any bytes, cut anywhere', async () => {
  const bytes = fc.array(fc.constantFrom(10, 13, 0, 97, 255), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(fc.array(bytes, { maxLength: 8 }), async (parts) => {
      const chunks = parts.map((part) => Uint8Array.from(part));
      const whole = Buffer.concat(chunks).toString('latin1').split('\n');
      if (whole.at(-1) === '') whole.pop();
      const found = (await linesOf(chunks)).map((line) => line.toString('latin1'));
      expect(found).toEqual(whole);
    }),
  );
});

test('lines are copies: the source may use its memory again', async () => {
  const chunk = Buffer.from('one\ntwo\nrest');
  async function* source() {
    yield chunk;
    chunk.fill(0);
  }
  const lines: Buffer[] = [];
  for await (const some of splitLines(source(), 100)) lines.push(...some);
  expect(lines.map(String)).toEqual(['one', 'two', 'rest']);
});

test('a line over the limit is named', async () => {
  const chunks = [Buffer.from('a\nb\n'), Buffer.from('xxxx'), Buffer.from('xxxx')];
  await expect(linesOf(chunks, 6)).rejects.toThrow(/Line 3 has over 6 bytes/);
});
