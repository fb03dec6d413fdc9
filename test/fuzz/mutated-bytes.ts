/**
 * Bytes that were valid before something happened to them: flipped bits, a missing end, pieces twice or
 * missing, lengths that lie, varints without end. And bytes that never were.
 */

import fc from 'fast-check';

type Mutation = (bytes: Uint8Array) => Uint8Array;

const permille = fc.nat({ max: 999 });
const at = (bytes: Uint8Array, place: number) => Math.floor((bytes.length * place) / 1000);

/** `bytes` with `[from, to)` replaced. */
function spliced(bytes: Uint8Array, from: number, to: number, piece: Uint8Array): Uint8Array {
  return new Uint8Array(
    Buffer.concat([bytes.subarray(0, from), piece, bytes.subarray(Math.max(from, to))]),
  );
}

const none = new Uint8Array(0);

/** Varints and big-endian integers at the edges of what a length may be. */
const lyingNumbers = [
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
  [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80],
  [0x7f, 0xff, 0xff, 0xff],
  [0x80, 0x00, 0x00, 0x00],
  [0xff, 0xff, 0xff, 0xff],
  [0x00, 0x20, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00],
  [0x00],
  [0x01],
].map((bytes) => Uint8Array.from(bytes));

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(permille, fc.nat({ max: 7 })).map(
    ([place, bit]): Mutation =>
      (bytes) => {
        const copy = bytes.slice();
        const position = at(bytes, place);
        if (position < copy.length) copy[position] = (copy[position] as number) ^ (1 << bit);
        return copy;
      },
  ),
  permille.map(
    (place): Mutation =>
      (bytes) =>
        bytes.slice(0, at(bytes, place)),
  ),
  fc.tuple(permille, permille, permille).map(
    ([from, to, target]): Mutation =>
      (bytes) => {
        const piece = bytes.slice(at(bytes, Math.min(from, to)), at(bytes, Math.max(from, to)));
        return spliced(bytes, at(bytes, target), at(bytes, target), piece);
      },
  ),
  fc.tuple(permille, permille).map(
    ([from, to]): Mutation =>
      (bytes) => {
        return spliced(bytes, at(bytes, Math.min(from, to)), at(bytes, Math.max(from, to)), none);
      },
  ),
  fc.tuple(permille, fc.constantFrom(...lyingNumbers), fc.boolean()).map(
    ([place, lie, insert]): Mutation =>
      (bytes) => {
        const from = at(bytes, place);
        return spliced(bytes, from, insert ? from : from + lie.length, lie);
      },
  ),
);

export const randomBytes = fc.uint8Array({ maxLength: 300 });

/** Mostly what was valid once; sometimes untouched, so that the decoder behind the checks is met too. */
export function nearlyValid(valid: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const mutated = fc
    .tuple(valid, fc.array(mutation, { maxLength: 4 }))
    .map(([bytes, mutations]) => mutations.reduce((now, change) => change(now), bytes));
  return fc.oneof({ weight: 6, arbitrary: mutated }, { weight: 1, arbitrary: randomBytes });
}
