/** An entry of the journal is read back as it was written, or not at all: torn, damaged or left over. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeJournal,
  encodeJournalEntry,
  entryHeaderBytes,
  type JournalEntry,
} from '../../../lib/store/local/journal-entry.js';

const key = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.tuple(fc.string(), fc.nat()),
  fc.tuple(fc.string(), fc.nat(), fc.string({ unit: 'grapheme' })),
);
const value = fc.oneof(
  fc.constant(undefined),
  fc.string({ unit: 'grapheme' }),
  fc.uint8Array({ maxLength: 300 }),
);
const changes = fc.array(fc.record({ table: fc.constantFrom('heads', 'objects'), key, value }), {
  minLength: 1,
  maxLength: 5,
});

const seal = 'of this opening';
const encode = (entry: JournalEntry) => encodeJournalEntry(entry, seal).entry;
const fileOf = (...entries: Uint8Array[]) => new Uint8Array(Buffer.concat(entries));

/** As they would follow each other in a file. */
function rowOf(all: readonly JournalEntry['changes'][], first: number): JournalEntry[] {
  return all.map((one, i) => ({ sequence: first + i, changes: one }));
}

test('the format is the one that is drawn', () => {
  const entry = {
    sequence: 258,
    changes: [
      { table: 'heads', key: ['t', 7] as const, value: 'é' },
      { table: 'objects', key: 'k', value: Uint8Array.of(1, 2, 3) },
      { table: 'pages', key: 'p', value: undefined },
    ],
  };
  const hex = Buffer.from(encode(entry)).toString('hex');
  const [magic, crc, size, sequence] = [
    '4c424a31',
    hex.slice(8, 16),
    '0000002e',
    '0000000000000102',
  ];
  const heads = `05${Buffer.from('heads').toString('hex')}07${Buffer.from('["t",7]').toString('hex')}0102c3a9`;
  const objects = `07${Buffer.from('objects').toString('hex')}03${Buffer.from('"k"').toString('hex')}0203010203`;
  const pages = `05${Buffer.from('pages').toString('hex')}03${Buffer.from('"p"').toString('hex')}00`;
  expect(hex).toBe(magic + crc + size + sequence + heads + objects + pages);
  expect(crc).toBe('18b3ee14');
  expect(decodeJournal(encode(entry), seal)).toEqual([entry]);
});

describe('what is read back', () => {
  test('is what was written', () => {
    fc.assert(
      fc.property(fc.array(changes, { maxLength: 4 }), fc.nat(), (all, first) => {
        const row = rowOf(all, first);
        expect(decodeJournal(fileOf(...row.map(encode)), seal)).toEqual(row);
      }),
    );
  });

  test('is the same whatever memory it was written into', () => {
    fc.assert(
      fc.property(changes, fc.uint8Array({ maxLength: 400 }), (one, memory) => {
        const entry = { sequence: 1, changes: one };
        const { entry: bytes } = encodeJournalEntry(entry, seal, memory);
        expect(Buffer.compare(bytes, encode(entry))).toBe(0);
      }),
    );
  });

  test('ends before an entry that is torn', () => {
    fc.assert(
      fc.property(fc.array(changes, { minLength: 1, maxLength: 3 }), fc.nat(), (all, at) => {
        const row = rowOf(all, 1);
        const parts = row.map(encode);
        const file = fileOf(...parts);
        const cut = at % file.length;
        let [whole, end] = [0, 0];
        for (const part of parts) {
          end += part.length;
          if (end <= cut) whole++;
        }
        expect(decodeJournal(file.subarray(0, cut), seal)).toEqual(row.slice(0, whole));
      }),
    );
  });

  test('ends before an entry with a damaged byte', () => {
    fc.assert(
      fc.property(
        changes,
        changes,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (a, b, at, bits) => {
          const [first, second] = rowOf([a, b], 9) as [JournalEntry, JournalEntry];
          const damaged = encode(second);
          const place = at % damaged.length;
          damaged[place] = (damaged[place] as number) ^ bits;
          expect(decodeJournal(fileOf(encode(first), damaged), seal)).toEqual([first]);
        },
      ),
    );
  });

  test('ends where entries of an earlier use of the file begin', () => {
    fc.assert(
      fc.property(changes, changes, fc.nat({ max: 90 }), (now, before, earlier) => {
        const entry = { sequence: 100, changes: now };
        const file = fileOf(encode(entry), encode({ sequence: earlier, changes: before }));
        expect(decodeJournal(file, seal)).toEqual([entry]);
      }),
    );
  });

  test('is nothing of what was sealed otherwise, though it follows on', () => {
    fc.assert(
      fc.property(changes, changes, fc.string(), (own, forged, other) => {
        fc.pre(other !== seal);
        const [first, second] = rowOf([own, forged], 7) as [JournalEntry, JournalEntry];
        const file = fileOf(encode(first), encodeJournalEntry(second, other).entry);
        expect(decodeJournal(file, seal)).toEqual([first]);
      }),
    );
  });

  test('is nothing of what is no journal', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(decodeJournal(bytes, seal)).toEqual([]);
      }),
    );
    expect(decodeJournal(new Uint8Array(entryHeaderBytes * 3), seal)).toEqual([]);
  });
});
