/**
 * Keys of WAL objects: `wal/<yyyymmddhh>/<uuid>`. The hour is the bucket that clean-up deletes as a
 * whole; it compares as a number, and a head's WAL floor is such a number.
 */

export type WalKey = { readonly bucket: number; readonly uuid: string };

/** The bucket of an instant, in UTC: 2026112307 for 07:xx on 23 November 2026. */
export function walBucketOf(nowMs: number): number {
  return Number(new Date(nowMs).toISOString().slice(0, 13).replace(/[-T]/g, ''));
}

export function formatWalKey({ bucket, uuid }: WalKey): string {
  return `wal/${bucket}/${uuid}`;
}

const shape = /^wal\/([1-9]\d{9})\/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/;

/** Undefined for a key of another kind of object. */
export function parseWalKey(key: string): WalKey | undefined {
  const match = shape.exec(key);
  if (!match) return undefined;
  return { bucket: Number(match[1]), uuid: match[2] as string };
}
