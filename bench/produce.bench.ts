/**
 * Producing to the local server: binary batches of 1 MiB, and single small JSON records.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { batchContentType } from '../lib/contract/media-types.js';
import { encodeRecordBatch } from '../lib/log/record-batch.js';
import { nodeCodecs } from '../lib/runtime/node-codecs.js';
import { startFloor, startLogbrook } from './child-server.js';
import { type Comparison, compare } from './measure.js';

const KiB = 1024;

/** Records of a real size, not all alike, and of now: what is old would be deleted instead of compacted. */
export function recordsOf(count: number, sizeBytes: number) {
  const nowMs = Date.now();
  return Array.from({ length: count }, (_, i) => ({
    key: Buffer.from(`key-${i}`),
    value: Buffer.alloc(sizeBytes - 16, `record ${i} `),
    headers: [],
    timestampMs: nowMs + i,
  }));
}

export async function createTopic(url: string, name: string, partitions: number): Promise<void> {
  const body = JSON.stringify({ name, partitions });
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/v1/topics`, { method: 'POST', headers, body });
  if (!response.ok) throw new Error(`creating ${name}: ${await response.text()}`);
}

export async function produceBinary(): Promise<Comparison> {
  const dir = mkdtempSync(join(tmpdir(), 'logbrook-bench-'));
  const ours = await startLogbrook(['--data-dir', join(dir, 'ours')]);
  const floor = await startFloor('bench/floors/binary-floor.ts', join(dir, 'floor'));
  try {
    await createTopic(ours.url, 'bench', 1);
    const body = Buffer.from(encodeRecordBatch({ records: recordsOf(1023, KiB) }, nodeCodecs));
    const headers = { 'content-type': batchContentType };
    const load = { method: 'POST', connections: 8, body, headers } as const;
    return await compare(
      {
        name: 'binary produce',
        input: '1 MiB batches of 1 KiB records, 8 connections, durable',
        floorName: 'bare node:http + CRC + fsync',
        bytesPerRequest: body.length,
        target: 0.7,
      },
      { url: `${ours.url}/v1/topics/bench/partitions/0/records`, load },
      { url: floor.url, load },
    );
  } finally {
    await Promise.all([ours.stop(), floor.stop()]);
    rmSync(dir, { recursive: true, force: true });
  }
}

export async function produceJson(): Promise<Comparison> {
  const dir = mkdtempSync(join(tmpdir(), 'logbrook-bench-'));
  const ours = await startLogbrook(['--data-dir', dir]);
  const floor = await startFloor('bench/floors/hono-floor.ts');
  try {
    await createTopic(ours.url, 'bench', 1);
    const value = 'x'.repeat(KiB);
    const body = JSON.stringify({ records: [{ key: 'client-1', value }] });
    const headers = { 'content-type': 'application/json' };
    const load = { method: 'POST', connections: 64, body, headers } as const;
    const path = '/v1/topics/bench/records';
    return await compare(
      {
        name: 'JSON produce',
        input: 'single 1 KiB records, 64 connections, durable',
        floorName: 'bare Hono, nothing stored',
        bytesPerRequest: body.length,
        target: 0.5,
      },
      { url: ours.url + path, load },
      { url: floor.url + path, load },
    );
  } finally {
    await Promise.all([ours.stop(), floor.stop()]);
    rmSync(dir, { recursive: true, force: true });
  }
}
