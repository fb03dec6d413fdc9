/**
 * The floor of a binary produce: a bare node:http server that receives the body, checks the CRC-32C and
 * writes it to a file of its own with the fsyncs that make it durable. No log, no offsets.
 */

import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { crcStart, readBatchHeader } from '../../lib/log/batch-header.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { tellPort } from './tell-port.js';

const dir = process.argv[2] ?? 'floor-data';
mkdirSync(dir, { recursive: true });

async function store(body: Buffer): Promise<void> {
  const { crc } = readBatchHeader(body);
  if (nodeCodecs.crc32c(body.subarray(crcStart)) !== crc) throw new Error('wrong CRC');
  const file = await open(join(dir, randomUUID()), 'wx');
  await file.write(body);
  await file.datasync();
  await file.close();
  const directory = await open(dir, 'r');
  await directory.sync();
  await directory.close();
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    store(Buffer.concat(chunks)).then(
      () => response.end('{"stored":true}'),
      (error) => response.writeHead(500).end(String(error)),
    );
  });
});
tellPort(server);
