/**
 * An index page: the locations of `[baseOffset, nextOffset)`, taken off the tail of a head. Immutable
 * once written.
 *
 *   page = 2 (version) | baseOffset | nextOffset | maxTimestamp zigzag | endBytes
 *          | locationCount | location...
 *   Version 1 lacks endBytes, which is then 0.
 *
 * `maxTimestampMs` is the greatest of all records up to this page's end, not only of the page's own: it
 * never falls from page to page, so that a timestamp can be searched by halving.
 */

import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { CorruptData } from './corrupt-data.js';
import { checkVersion, readLocation, writeLocation } from './location-format.js';
import type { BatchLocation } from './partition-head.js';
import { readCount } from './text-format.js';

const version = 2;
const versionWithoutEndBytes = 1;

export type IndexPage = {
  readonly baseOffset: number;
  readonly nextOffset: number;
  readonly maxTimestampMs: number;
  /** Bytes of all batches up to this page's end, as they were committed. */
  readonly endBytes: number;
  readonly locations: readonly BatchLocation[];
};

export function encodeIndexPage(page: IndexPage): Uint8Array {
  const writer = new ByteWriter(1024);
  writer.unsigned(version);
  writer.unsigned(page.baseOffset);
  writer.unsigned(page.nextOffset);
  writer.varint(page.maxTimestampMs);
  writer.unsigned(page.endBytes);
  writer.unsigned(page.locations.length);
  for (const location of page.locations) writeLocation(writer, location);
  return writer.finish();
}

export function decodeIndexPage(bytes: Uint8Array): IndexPage {
  const reader = new ByteReader(bytes);
  const found = reader.unsigned();
  if (found !== versionWithoutEndBytes) checkVersion(found, 'index page', version);
  const baseOffset = reader.unsigned();
  const nextOffset = reader.unsigned();
  const maxTimestampMs = reader.varint();
  const endBytes = found === versionWithoutEndBytes ? 0 : reader.unsigned();
  const locations: BatchLocation[] = [];
  let covered = baseOffset;
  for (let count = readCount(reader); count > 0; count--) {
    const location = readLocation(reader);
    locations.push(location);
    covered += location.recordCount;
  }
  if (reader.remainingBytes !== 0) throw new CorruptData('index page is longer than it says');
  if (covered !== nextOffset) {
    throw new CorruptData(`index page covers up to ${covered}, but says ${nextOffset}`);
  }
  return { baseOffset, nextOffset, maxTimestampMs, endBytes, locations };
}

/** Joins neighbours that are also neighbours in their object: one location says it all. */
export function coalesce(locations: readonly BatchLocation[]): BatchLocation[] {
  const joined: BatchLocation[] = [];
  for (const next of locations) {
    const last = joined.at(-1);
    if (last?.objectKey === next.objectKey && last.position + last.sizeBytes === next.position) {
      joined[joined.length - 1] = join(last, next);
    } else {
      joined.push(bare(next));
    }
  }
  return joined;
}

function join(first: BatchLocation, second: BatchLocation): BatchLocation {
  const moved = [{ recordDelta: 0, positionDelta: 0 }, ...second.splits].map((split) => ({
    recordDelta: first.recordCount + split.recordDelta,
    positionDelta: first.sizeBytes + split.positionDelta,
  }));
  return {
    objectKey: first.objectKey,
    position: first.position,
    sizeBytes: first.sizeBytes + second.sizeBytes,
    recordCount: first.recordCount + second.recordCount,
    maxTimestampMs: Math.max(first.maxTimestampMs, second.maxTimestampMs),
    splits: [...first.splits, ...moved],
  };
}

/** Without the producers' stamps: those matter only while the entry is young. */
function bare(location: BatchLocation): BatchLocation {
  const { objectKey, position, sizeBytes, recordCount, maxTimestampMs, splits } = location;
  return { objectKey, position, sizeBytes, recordCount, maxTimestampMs, splits };
}
