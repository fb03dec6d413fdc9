/**
 * Bytes that lie in several pieces of memory, one after another: so that what is only handed on need not
 * be copied together first.
 */

export type ByteParts = readonly Uint8Array[];

export function sizeOf(parts: ByteParts): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

/** A copy of the range, in one piece of memory of its own. What lies beyond the end is left out. */
export function copyRange(parts: ByteParts, position = 0, sizeBytes = sizeOf(parts)): Uint8Array {
  const within = subRange(parts, position, sizeBytes);
  const bytes = new Uint8Array(sizeOf(within));
  let at = 0;
  for (const part of within) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Views of the range; nothing is copied. */
export function subRange(parts: ByteParts, position: number, sizeBytes?: number): Uint8Array[] {
  const end = sizeBytes === undefined ? Number.POSITIVE_INFINITY : position + sizeBytes;
  const within: Uint8Array[] = [];
  let start = 0;
  for (const part of parts) {
    const view = part.subarray(Math.max(0, position - start), Math.max(0, end - start));
    if (view.length > 0) within.push(view);
    start += part.length;
  }
  return within;
}
