/**
 * Sequence numbers in AWS's own layout (version 2), 186 bits as a decimal text:
 *
 *   '2' | shard created, s (9) | shard mod 16 (1) | index (16) | '00' | record, s (9) | shard (8) | '2'
 *
 * in hex digits. The index is the offset + 1, so numbers order as offsets do and never repeat, and the
 * number that a shard starts with, index 0, lies before its first record. A closed shard ends with
 * index 2^63 - 1.
 */

export type SequenceNumber = {
  readonly shard: number;
  readonly shardCreatedSecs: number;
  readonly index: bigint;
  readonly recordSecs: number;
};

const lastIndex = 2n ** 63n - 1n;
const least = 1n << 185n;
const beyond = least + (least >> 1n);

export type ShardIdentity = { readonly shard: number; readonly createdAtMs: number };

export function formatSequenceNumber(number: SequenceNumber): string {
  const { shard, shardCreatedSecs, index, recordSecs } = number;
  const digits = [
    '2',
    hex(shardCreatedSecs, 9),
    (shard % 16).toString(16),
    index.toString(16).padStart(16, '0'),
    '00',
    hex(recordSecs, 9),
    hex(shard, 8),
    '2',
  ];
  return BigInt(`0x${digits.join('')}`).toString();
}

/** Undefined for a text that is no such number. */
export function parseSequenceNumber(text: string): SequenceNumber | undefined {
  if (!/^[1-9]\d{0,128}$/.test(text)) return undefined;
  const value = BigInt(text);
  if (value <= least || value >= beyond) return undefined;
  const digits = value.toString(16);
  if (!digits.endsWith('2')) return undefined;
  const index = BigInt(`0x${digits.slice(11, 27)}`);
  const shard = Number.parseInt(digits.slice(38, 46), 16);
  if (index > lastIndex || shard > 0x7fffffff) return undefined;
  const shardCreatedSecs = Number.parseInt(digits.slice(1, 10), 16);
  return { shard, shardCreatedSecs, index, recordSecs: Number.parseInt(digits.slice(29, 38), 16) };
}

export function startOfShard({ shard, createdAtMs }: ShardIdentity): string {
  const secs = secsOf(createdAtMs);
  return formatSequenceNumber({ shard, shardCreatedSecs: secs, index: 0n, recordSecs: secs });
}

export function endOfShard({ shard, createdAtMs }: ShardIdentity, closedAtMs: number): string {
  const shardCreatedSecs = secsOf(createdAtMs);
  const recordSecs = secsOf(closedAtMs);
  return formatSequenceNumber({ shard, shardCreatedSecs, index: lastIndex, recordSecs });
}

/** The numbers of one shard's records. What they have in common is put together once. */
export function recordNumbers({ shard, createdAtMs }: ShardIdentity) {
  const head = BigInt(`0x2${hex(secsOf(createdAtMs), 9)}${(shard % 16).toString(16)}`) << 144n;
  const tail = BigInt(`0x${hex(shard, 8)}2`);
  return (offset: number, timestampMs: number): string => {
    const middle = (BigInt(offset + 1) << 80n) | (BigInt(secsOf(timestampMs)) << 36n);
    return (head | middle | tail).toString();
  };
}

/** The first offset at, or after, a number. */
export function offsetFrom({ index }: SequenceNumber, inclusive: boolean): number {
  const next = inclusive ? index - 1n : index;
  const safe = next > BigInt(Number.MAX_SAFE_INTEGER) ? BigInt(Number.MAX_SAFE_INTEGER) : next;
  return Math.max(0, Number(safe));
}

/** A timestamp that a producer made up may lie before 1970. */
export function secsOf(timeMs: number): number {
  return Math.max(0, Math.floor(timeMs / 1000));
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
