/**
 * A cold fetch: the server has just started on a directory that was written before, and answers about
 * 1 MiB at a time from anywhere in the topic. Beside it a bare server streams the same bytes from the
 * same files.
 */

import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { batchContentType } from '../lib/contract/media-types.js';
import { encodeRecordBatch } from '../lib/log/record-batch.js';
import { walMagicBytes } from '../lib/log/wal-object.js';
import { nodeCodecs } from '../lib/runtime/node-codecs.js';
import { startFloor, startLogbrook } from './child-server.js';
import type { FileRange } from './floors/file-floor.js';
import { type Comparison, compare, type Load } from './measure.js';
import { createTopic, recordsOf } from './produce.bench.js';

const batchCount = 200;

export async function fetchCold(): Promise<Comparison> {
  const dir = mkdtempSync(join(tmpdir(), 'logbrook-bench-'));
  const batch = encodeRecordBatch({ records: recordsOf(1023, 1024) }, nodeCodecs);
  await fill(join(dir, 'ours'), batch);
  const ranges = join(dir, 'ranges.json');
  writeFileSync(ranges, JSON.stringify(rangesIn(join(dir, 'ours', 'objects'), batch.length)));
  const ours = await startLogbrook(['--data-dir', join(dir, 'ours')], {
    LOGBROOK_RECENT_BYTES_MAX: '0',
  });
  const floor = await startFloor('bench/floors/file-floor.ts', ranges);
  try {
    const each = (path: (i: number) => string): Load => ({
      connections: 8,
      requests: Array.from({ length: batchCount }, (_, i) => ({
        path: path(i),
        headers: { accept: batchContentType },
      })),
    });
    const path = '/v1/topics/bench/partitions/0/records';
    return await compare(
      {
        name: 'cold fetch',
        input: '1 MiB responses from 200 MiB, 8 connections',
        floorName: 'bare node:http streaming files',
        bytesPerRequest: batch.length,
        target: 0.7,
      },
      { url: ours.url, load: each((i) => `${path}?offset=${i * 1023}&maxBytes=${batch.length}`) },
      { url: floor.url, load: each((i) => `/${i}`) },
    );
  } finally {
    await Promise.all([ours.stop(), floor.stop()]);
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Batches one at a time, each a flush of its own. */
export async function fill(dataDir: string, batch: Uint8Array, count = batchCount): Promise<void> {
  // Without jobs: a topic of this size would be compacted on the way.
  const jobsOff = { LOGBROOK_JOBS_INTERVAL_MS: '0' };
  const server = await startLogbrook(['--data-dir', dataDir], jobsOff);
  try {
    await createTopic(server.url, 'bench', 1);
    for (let i = 0; i < count; i++) {
      const response = await fetch(`${server.url}/v1/topics/bench/partitions/0/records`, {
        method: 'POST',
        headers: { 'content-type': batchContentType },
        body: batch as Uint8Array<ArrayBuffer>,
      });
      if (!response.ok) throw new Error(await response.text());
    }
  } finally {
    await server.stop();
  }
}

/** One batch was sent at a time, so that each file holds one, behind its magic. */
function rangesIn(dir: string, sizeBytes: number): FileRange[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .map((name) => join(dir, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => ({ path, start: walMagicBytes, sizeBytes }));
}
