/**
 * What the JSON of a stored head must be before the log computes with it. A field that is missing or of
 * another kind is `CorruptData`, by its name.
 */

import { CorruptData } from '../../log/corrupt-data.js';
import type { PartitionHead } from '../../log/partition-head.js';

export type HeadFields = Omit<PartitionHead, 'tail'>;

type Fits = (value: unknown) => boolean;

const isWhole: Fits = Number.isSafeInteger;
const isText: Fits = (value) => typeof value === 'string';
const isTextOrNull: Fits = (value) => value === null || isText(value);
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** These fields and no others. */
const fieldsOf =
  (fields: Readonly<Record<string, Fits>>): Fits =>
  (value) =>
    isObject(value) &&
    Object.keys(value).length === Object.keys(fields).length &&
    Object.entries(fields).every(([name, fits]) => fits(value[name]));
const listOf =
  (fits: Fits): Fits =>
  (value) =>
    Array.isArray(value) && value.every(fits);
const mapOf =
  (fits: Fits): Fits =>
  (value) =>
    isObject(value) && Object.values(value).every(fits);

const span = fieldsOf({
  epoch: isWhole,
  baseSequence: isWhole,
  nextSequence: isWhole,
  baseOffset: isWhole,
});

const shape: Readonly<Record<keyof HeadFields, Fits>> = {
  logStartOffset: isWhole,
  nextOffset: isWhole,
  tailBaseOffset: isWhole,
  pagedMaxTimestampMs: isWhole,
  rolls: isWhole,
  producers: mapOf(fieldsOf({ epoch: isWhole, nextSequence: isWhole })),
  windows: mapOf(fieldsOf({ seenAtRoll: isWhole, spans: listOf(span) })),
  evictions: isWhole,
  walFloor: isWhole,
  fencingToken: isTextOrNull,
  lease: fieldsOf({ leader: isTextOrNull, leaderEpoch: isWhole, leaseExpiresMs: isWhole }),
};

const isTail = listOf(isText);

/** Fields that nobody knows are left out. Throws `CorruptData`. */
export function checkedHead(stored: Readonly<Record<string, unknown>>): {
  readonly fields: HeadFields;
  readonly tail: readonly string[];
} {
  const fields = Object.entries(shape).map(([name, fits]) => {
    if (!fits(stored[name])) throw wrongField(name);
    return [name, stored[name]];
  });
  const { tail } = stored;
  if (!isTail(tail)) throw wrongField('tail');
  return { fields: Object.fromEntries(fields) as HeadFields, tail: tail as string[] };
}

function wrongField(name: string): CorruptData {
  return new CorruptData(`a head's ${name} is missing, or is not what it should be`);
}
