/**
 * Compressed bytes of all sorts, for Node's codecs and for the portable ones: never more output than the
 * cap, never more memory than a few times the cap, never another error than the typed ones.
 */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Codecs, Compression } from '../../lib/log/codecs.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { portableCodecs } from '../../lib/runtime/portable-codecs.js';
import { decodes } from '../log/samples.js';
import { fuzzRuns, fuzzTimeoutMs } from './fuzz-runs.js';
import { nearlyValid } from './mutated-bytes.js';

const KiB = 1024;
const MiB = 1024 * KiB;

const plain = fc.oneof(
  fc.uint8Array({ maxLength: 400 }),
  fc.nat({ max: 300 * KiB }).map((size) => new Uint8Array(size)),
);

const cases: [name: string, compression: Compression, codecs: Codecs][] = [
  ...[...nodeCodecs.available].map((codec): [string, Compression, Codecs] => [
    `${codec} in Node`,
    codec,
    nodeCodecs,
  ]),
  ['gzip elsewhere', 'gzip', portableCodecs],
];

// Fault 28 of docs/faults.md.
test.each(cases)(
  '%s: bytes within the cap, or a typed error',
  (_name, compression, codecs) => {
    const packed = plain.map((bytes) => codecs.compress(compression, bytes));
    const cap = fc.oneof(fc.nat({ max: 500 }), fc.constant(64 * KiB), fc.constant(MiB));
    let read = 0;
    const property = fc.property(nearlyValid(packed), cap, (bytes, bytesMax) => {
      const answered = decodes(() => {
        const whole = codecs.decompress(compression, bytes, bytesMax);
        expect(whole.length).toBeLessThanOrEqual(bytesMax);
      });
      if (answered) read++;
    });
    fc.assert(property, fuzzRuns(400));
    expect(read).toBeGreaterThan(0);
  },
  fuzzTimeoutMs,
);

test(
  'what both read of gzip is the same',
  () => {
    const packed = plain.map((bytes) => nodeCodecs.compress('gzip', bytes));
    const property = fc.property(nearlyValid(packed), (bytes) => {
      let [here, there]: (Uint8Array | undefined)[] = [undefined, undefined];
      decodes(() => (here = nodeCodecs.decompress('gzip', bytes, MiB)));
      decodes(() => (there = portableCodecs.decompress('gzip', bytes, MiB)));
      // What comes after the end is passed over by one and refused by the other.
      if (here && there) expect(Buffer.compare(here, there)).toBe(0);
    });
    fc.assert(property, fuzzRuns(400));
  },
  fuzzTimeoutMs,
);

const compressed = cases.filter(([, compression]) => compression !== 'none');

// Fault 27 of docs/faults.md.
test.each(compressed)('%s: a bomb costs no more than its cap', (_name, compression, codecs) => {
  const bomb = codecs.compress(compression, new Uint8Array(64 * MiB));
  const bytesMax = MiB;
  const before = process.memoryUsage().arrayBuffers;
  expect(decodes(() => codecs.decompress(compression, bomb, bytesMax))).toBe(false);
  // Pieces that were outgrown and not collected yet count too: some caps, not the 64 that it unpacks to.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * bytesMax);
});
