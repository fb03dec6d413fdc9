/**
 * Bytes that lie in several pieces of memory, one after another: so that what is only handed on need not
 * be copied together first.
 */

export type ByteParts = readonly Uint8Array[];

export function sizeOf(parts: ByteParts): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

/** Copies the parts into `bytes`, which must be large enough for them. */
export function copyInto(bytes: Uint8Array, parts: ByteParts): void {
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
}

/** A copy of the range, in one piece of memory of its own. What lies beyond the end is left out. */
export function copyRange(parts: ByteParts, position = 0, sizeBytes = sizeOf(parts)): Uint8Array {
  const within = subRange(parts, position, sizeBytes);
  const bytes = new Uint8Array(sizeOf(within));
  copyInto(bytes, within);
  return bytes;
}

/** The parts as one piece of memory: a copy only where they are not that already, or neighbours in it. */
export function onePiece(parts: ByteParts): Uint8Array {
  const first = parts[0];
  if (!first) return new Uint8Array(0);
  let end = first.byteOffset;
  for (const part of parts) {
    if (part.buffer !== first.buffer || part.byteOffset !== end) return copyRange(parts);
    end += part.length;
  }
  return parts.length === 1
    ? first
    : new Uint8Array(first.buffer, first.byteOffset, end - first.byteOffset);
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
