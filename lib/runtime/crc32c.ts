/**
 * CRC-32C by the processor's own instruction, through an optional native package of Node.
 */

import { createRequire } from 'node:module';
import type { Crc32c } from './portable-crc32c.js';

/** Undefined where the package was not installed, or has no build for this machine. */
export const nativeCrc32c: Crc32c | undefined = loadNative();

function loadNative(): Crc32c | undefined {
  try {
    // Not an import: a bundle must neither hold it nor fail without it.
    const native: { crc32c: Crc32c } = createRequire(import.meta.url)('@node-rs/crc32');
    return (bytes) => native.crc32c(bytes);
  } catch {
    return undefined;
  }
}
