/**
 * Whether a zstd frame is all there. Node 22 gives what it has of a frame that breaks off, without a word.
 *
 *   frame  = magic uint32 LE | descriptor | [window] | [dictionary id] | [content size] | block... | [checksum]
 *   block  = header uint24 LE: 1 bit last, 2 bits type, 21 bits size | content
 *
 * RFC 8878, section 3.1.1.
 */

const magic = 0xfd2fb528;
const magicBytes = 4;
const blockHeaderBytes = 3;
const checksumBytes = 4;
const dictionaryIdBytes = [0, 1, 2, 4];
const contentSizeBytes = [0, 2, 4, 8];
/** Its content is one byte, however often it is repeated. */
const repeatedByte = 1;

/** What does not begin as a frame is not judged here. */
export function isCutOff(bytes: Uint8Array): boolean {
  if (bytes.length <= magicBytes) return true;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(0, true) !== magic) return false;
  const descriptor = view.getUint8(magicBytes);
  let position = magicBytes + frameHeaderBytes(descriptor);
  for (let last = false; !last; ) {
    if (position + blockHeaderBytes > bytes.length) return true;
    const header = view.getUint16(position, true) | (view.getUint8(position + 2) << 16);
    last = (header & 1) === 1;
    const type = (header >> 1) & 3;
    position += blockHeaderBytes + (type === repeatedByte ? 1 : header >> 3);
  }
  const hasChecksum = (descriptor & 4) !== 0;
  return position + (hasChecksum ? checksumBytes : 0) > bytes.length;
}

function frameHeaderBytes(descriptor: number): number {
  const oneSegment = (descriptor & 0x20) !== 0;
  const sizeBytes = contentSizeBytes[descriptor >> 6] || (oneSegment ? 1 : 0);
  return 1 + (oneSegment ? 0 : 1) + (dictionaryIdBytes[descriptor & 3] ?? 0) + sizeBytes;
}
