/** The types that package crc-32 does not ship for its Castagnoli variant. */

declare module 'crc-32/crc32c.js' {
  /** The checksum as a signed 32-bit number. */
  const crc32c: { buf(bytes: Uint8Array): number };
  export = crc32c;
}
