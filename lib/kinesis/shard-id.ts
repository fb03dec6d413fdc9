/**
 * Shard ids: `shardId-` and the partition in twelve digits. AWS also takes `shardId-0`, `any-0` and `0`.
 */

const shardMax = 2 ** 31 - 1;

export function formatShardId(shard: number): string {
  return `shardId-${String(shard).padStart(12, '0')}`;
}

/** Undefined for what names no shard that could exist. */
export function parseShardId(text: string): number | undefined {
  const digits = text.split('-')[1] || text;
  if (!/^\d{1,15}$/.test(digits)) return undefined;
  const shard = Number(digits);
  return shard <= shardMax ? shard : undefined;
}
