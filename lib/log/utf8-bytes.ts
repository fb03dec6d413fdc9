/**
 * Strings as UTF-8, in memory that short ones share: an ArrayBuffer of its own costs a string of a
 * kilobyte more, in making and in garbage, than its bytes do.
 */

const sharedBytes = 64 * 1024;
/** What could leave more than a quarter of the shared memory unused gets memory of its own. */
const shortBytesMax = sharedBytes / 4;
/** UTF-8 of one UTF-16 unit. */
const unitBytesMax = 3;

const utf8 = new TextEncoder();
let shared = new Uint8Array(0);
let usedBytes = 0;

/** A view that nobody else has; its `buffer` holds more than it. Lone surrogates become U+FFFD. */
export function utf8Bytes(text: string): Uint8Array {
  const bytesMax = text.length * unitBytesMax;
  if (bytesMax > shortBytesMax) return utf8.encode(text);
  if (bytesMax > shared.length - usedBytes) {
    shared = new Uint8Array(sharedBytes);
    usedBytes = 0;
  }
  const start = usedBytes;
  const { written } = utf8.encodeInto(text, shared.subarray(start));
  usedBytes += written;
  return shared.subarray(start, usedBytes);
}
