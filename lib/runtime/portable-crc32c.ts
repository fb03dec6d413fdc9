/**
 * CRC-32C in plain JavaScript: the same sum as the processor's, about nine times slower.
 */

import crc32cTables from 'crc-32/crc32c.js';

export type Crc32c = (bytes: Uint8Array) => number;

export const portableCrc32c: Crc32c = (bytes) => crc32cTables.buf(bytes) >>> 0;
