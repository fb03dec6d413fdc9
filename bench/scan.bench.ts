/**
 * A scan of a topic that is compacted: a server that has just started answers 8 MiB at a time, from the first
 * segment to the last, again and again. Beside it a bare server streams the same bytes from the same files.
 */

import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { batchContentType } from '../lib/contract/media-types.js';
import { encodeRecordBatch } from '../lib/log/record-batch.js';
import { segmentMagic } from '../lib/log/segment-object.js';
import { nodeCodecs } from '../lib/runtime/node-codecs.js';
import { startFloor, startLogbrook } from './child-server.js';
import { fill } from './fetch.bench.js';
import type { FileRange } from './floors/file-floor.js';
import { type Comparison, compare, type Load } from './measure.js';
import { recordsOf } from './produce.bench.js';

const recordsPerBatch = 1023;
const batchCount = 256;
const batchesPerRead = 8;
const path = '/v1/topics/bench/partitions/0/records';

export async function scanCompacted(): Promise<Comparison> {
  const dir = mkdtempSync(join(tmpdir(), 'logbrook-bench-'));
  const dataDir = join(dir, 'ours');
  // Of today: retention would take them otherwise.
  const timestampMs = Date.now();
  const records = recordsOf(recordsPerBatch, 1024).map((one) => ({ ...one, timestampMs }));
  const batch = encodeRecordBatch({ records }, nodeCodecs);
  await fill(dataDir, batch, batchCount);
  await compact(dataDir);
  const readBytes = batchesPerRead * batch.length;
  const ranges = rangesIn(join(dataDir, 'objects'), readBytes);
  const rangesFile = join(dir, 'ranges.json');
  writeFileSync(rangesFile, JSON.stringify(ranges));
  const ours = await startLogbrook(['--data-dir', dataDir], {
    LOGBROOK_RECENT_BYTES_MAX: '0',
    LOGBROOK_JOBS_INTERVAL_MS: '0',
  });
  const floor = await startFloor('bench/floors/file-floor.ts', rangesFile);
  const each = (pathOf: (i: number) => string): Load => ({
    connections: 4,
    requests: ranges.map((_, i) => ({ path: pathOf(i), headers: { accept: batchContentType } })),
  });
  const offsetOf = (i: number) => i * batchesPerRead * recordsPerBatch;
  try {
    await assertSame(ours.url, floor.url, ranges.length, offsetOf, readBytes);
    return await compare(
      {
        name: 'scan of a compacted topic',
        input: `8 MiB responses from ${ranges.length * batchesPerRead} MiB in segments of 64 MiB, 4 connections`,
        floorName: 'bare node:http streaming files',
        bytesPerRequest: readBytes,
        target: 0.7,
      },
      { url: ours.url, load: each((i) => `${path}?offset=${offsetOf(i)}&maxBytes=${readBytes}`) },
      { url: floor.url, load: each((i) => `/${i}`) },
    );
  } finally {
    await Promise.all([ours.stop(), floor.stop()]);
    rmSync(dir, { recursive: true, force: true });
  }
}

async function compact(dataDir: string): Promise<void> {
  const settings = { LOGBROOK_COMPACT_AFTER_MS: '0', LOGBROOK_JOBS_INTERVAL_MS: '0' };
  const server = await startLogbrook(['--data-dir', dataDir], settings);
  try {
    const response = await fetch(`${server.url}/v1/jobs/run`, { method: 'POST' });
    const report = (await response.json()) as { readonly segments: number };
    if (!response.ok || report.segments === 0) throw new Error('nothing was compacted');
  } finally {
    await server.stop();
  }
}

/** Whole reads that lie in one segment each, in order of offsets: the names of segments begin with them. */
function rangesIn(dir: string, sizeBytes: number): FileRange[] {
  const files = readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.includes('segments'))
    .map((name) => join(dir, name))
    .filter((file) => statSync(file).isFile())
    .sort();
  return files.flatMap((file) => {
    const reads = Math.floor((statSync(file).size - segmentMagic.length) / sizeBytes);
    const startOf = (i: number) => segmentMagic.length + i * sizeBytes;
    return Array.from({ length: reads }, (_, i) => ({ path: file, start: startOf(i), sizeBytes }));
  });
}

/** Both answer the same bytes, or the ratio means nothing. */
async function assertSame(
  ours: string,
  floor: string,
  reads: number,
  offsetOf: (i: number) => number,
  readBytes: number,
): Promise<void> {
  for (const i of [0, reads - 1]) {
    const headers = { accept: batchContentType };
    const url = `${ours}${path}?offset=${offsetOf(i)}&maxBytes=${readBytes}`;
    const [one, other] = await Promise.all([
      fetch(url, { headers }).then((answer) => answer.arrayBuffer()),
      fetch(`${floor}/${i}`).then((answer) => answer.arrayBuffer()),
    ]);
    // The leader epoch of a batch is that of its reader's page; all else is the same.
    if (one.byteLength !== other.byteLength) {
      throw new Error(`read ${i}: ${one.byteLength} bytes beside ${other.byteLength}`);
    }
  }
}
