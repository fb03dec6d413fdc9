/**
 * Bytes of a producer's remembered spans, as windows and parked producers hold them. Small, because
 * they are part of the head: a span that follows on from the one before takes about 5 bytes.
 *
 *   spans = 1 (version) | spanCount | span...
 *   span  = epoch | baseSequence - last nextSequence | nextSequence - baseSequence
 *         | baseOffset - last baseOffset
 *
 * Counts and epochs are unsigned LEB128, differences zigzag; "last" is 0 for the first span.
 */

import { ByteReader } from '../../../log/byte-reader.js';
import { ByteWriter } from '../../../log/byte-writer.js';
import { CorruptData } from '../../../log/corrupt-data.js';
import { checkVersion } from '../../../log/location-format.js';
import type { SequenceSpan } from '../../../log/producer-state.js';
import { readCount } from '../../../log/text-format.js';

const version = 1;
const start = { nextSequence: 0, baseOffset: 0 };

export function encodeSpans(spans: readonly SequenceSpan[]): Uint8Array {
  const writer = new ByteWriter(48);
  writer.unsigned(version);
  writer.unsigned(spans.length);
  let last = start;
  for (const span of spans) {
    writer.unsigned(span.epoch);
    writer.varint(span.baseSequence - last.nextSequence);
    writer.varint(span.nextSequence - span.baseSequence);
    writer.varint(span.baseOffset - last.baseOffset);
    last = span;
  }
  return writer.finish();
}

export function decodeSpans(bytes: Uint8Array): SequenceSpan[] {
  const reader = new ByteReader(bytes);
  checkVersion(reader.unsigned(), 'spans');
  const spans: SequenceSpan[] = [];
  let last = start;
  for (let count = readCount(reader); count > 0; count--) {
    const epoch = reader.unsigned();
    const baseSequence = last.nextSequence + reader.varint();
    const nextSequence = baseSequence + reader.varint();
    const baseOffset = last.baseOffset + reader.varint();
    const span = { epoch, baseSequence, nextSequence, baseOffset };
    if (!Object.values(span).every((value) => Number.isSafeInteger(value) && value >= 0)) {
      throw new CorruptData('a span is below 0 or over 2^53');
    }
    spans.push(span);
    last = span;
  }
  if (reader.remainingBytes !== 0) throw new CorruptData('spans are longer than they say');
  return spans;
}
