/**
 * What the operating system and LMDB say when they fail, as a StoreError. LMDB gives numbers: errno,
 * or its own below zero.
 */

import { CorruptData } from '../../log/corrupt-data.js';
import { StoreError, type StoreErrorReason } from '../store-error.js';

const mapFull = -30792;
const reasons = new Map<unknown, StoreErrorReason>([
  ['ENOSPC', 'full'],
  ['EDQUOT', 'full'],
  ['EFBIG', 'full'],
  [28, 'full'],
  [122, 'full'],
  [27, 'full'],
  [mapFull, 'full'],
  ['EACCES', 'denied'],
  ['EPERM', 'denied'],
  ['EROFS', 'denied'],
  [1, 'denied'],
  [13, 'denied'],
  [30, 'denied'],
]);

export function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | undefined)?.code;
}

/** `effect` is that of any failure but a full disk or a denial, which never leave anything behind. */
export function storeErrorOf(
  error: unknown,
  what: string,
  effect: 'none' | 'unknown' = 'none',
): StoreError {
  if (error instanceof StoreError) return error;
  const reason =
    error instanceof CorruptData ? 'corrupt' : (reasons.get(codeOf(error)) ?? 'unavailable');
  const message = reason === 'full' ? 'the disk of the data directory is full' : textOf(error);
  return new StoreError(`${what}: ${message}`, {
    reason,
    effect: reason === 'unavailable' ? effect : 'none',
    cause: error,
  });
}

/** Failures of disk and data as StoreError; what only a bug of ours can throw stays what it is. */
export function failureOf(error: unknown, what: string): unknown {
  const outside = error instanceof CorruptData || codeOf(error) !== undefined;
  return outside ? storeErrorOf(error, what) : error;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
