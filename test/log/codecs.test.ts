/** The codecs' numbers are Kafka's: they are in every stored batch. */

import { expect, test } from 'vitest';
import { compressions } from '../../lib/log/codecs.js';
import { testCodecs } from './test-codecs.js';

test('a codec stands at the number that batch attributes carry', () => {
  expect(compressions).toEqual(['none', 'gzip', 'snappy', 'lz4', 'zstd']);
});

test('the checksum is CRC-32C, by its published check value', () => {
  expect(testCodecs.crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
});
