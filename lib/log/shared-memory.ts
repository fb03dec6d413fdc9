/**
 * Memory that short byte ranges share: an ArrayBuffer of its own costs a range of a kilobyte more, in
 * making and in garbage, than its bytes do. What was taken is never written again by anybody else.
 */

const sharedBytes = 64 * 1024;
/** What could leave more than a quarter of the shared memory unused gets memory of its own. */
export const sharedBytesMax = sharedBytes / 4;

let shared = new Uint8Array(0);
let usedBytes = 0;

/** At least `bytesMax`, which is at most `sharedBytesMax`. Good until some of it is taken. */
export function freeMemory(bytesMax: number): Uint8Array {
  makeRoom(bytesMax);
  return shared.subarray(usedBytes);
}

/** From the beginning of what is free, for the caller alone; its `buffer` holds more than that. */
export function takeMemory(sizeBytes: number): Uint8Array {
  makeRoom(sizeBytes);
  const start = usedBytes;
  usedBytes += sizeBytes;
  return shared.subarray(start, usedBytes);
}

function makeRoom(sizeBytes: number): void {
  if (sizeBytes <= shared.length - usedBytes) return;
  shared = new Uint8Array(sharedBytes);
  usedBytes = 0;
}
