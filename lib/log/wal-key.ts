/**
 * Keys of what a flush writes: `wal/<yyyymmddhh>/<uuid>`, or `inline/<yyyymmddhh>/<uuid>` for what is small
 * enough to lie in the index's own table. The hour is the bucket that clean-up deletes as a whole; it
 * compares as a number, and a head's WAL floor is such a number.
 */

export type WalKey = {
  readonly bucket: number;
  readonly uuid: string;
  readonly inline: boolean;
};

/** The bucket of an instant, in UTC: 2026112307 for 07:xx on 23 November 2026. */
export function walBucketOf(nowMs: number): number {
  const at = new Date(nowMs);
  const day = (at.getUTCFullYear() * 100 + at.getUTCMonth() + 1) * 100 + at.getUTCDate();
  return day * 100 + at.getUTCHours();
}

export function formatWalKey({ bucket, uuid, inline }: WalKey): string {
  return `${inline ? 'inline' : 'wal'}/${bucket}/${uuid}`;
}

const shape =
  /^(wal|inline)\/([1-9]\d{9})\/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/;

/** Undefined for a key of another kind of object. */
export function parseWalKey(key: string): WalKey | undefined {
  const match = shape.exec(key);
  if (!match) return undefined;
  return { bucket: Number(match[2]), uuid: match[3] as string, inline: match[1] === 'inline' };
}
