/**
 * Redis Streams under the same load, from ioredis: what people would otherwise use for a log this small.
 * Only where a redis-server is installed (Debian: redis-server).
 */

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { atOnce, rate, recordBytes, recordsPerRound, singlesPerRound } from './client-load.js';
import { median } from './measure.js';

/** Records per second. */
export type RedisFigures = { readonly add: number; readonly read: number; readonly single: number };

const port = 16_379;
const pipelined = 500;
const value = 'x'.repeat(recordBytes - 16);

export async function redisFigures(rounds: number): Promise<RedisFigures | undefined> {
  if (!isInstalled()) return undefined;
  const often = await withRedis('everysec', async (redis) => {
    const [add, read]: [number[], number[]] = [[], []];
    for (let round = 0; round <= rounds; round++) {
      await redis.del('log');
      const added = await rate(recordsPerRound, () => addAll(redis));
      const taken = await rate(recordsPerRound, () => readAll(redis));
      if (round === 0) continue;
      add.push(added);
      read.push(taken);
    }
    return { add: median(add), read: median(read) };
  });
  const single = await withRedis('always', async (redis) => {
    const rates: number[] = [];
    for (let round = 0; round <= rounds; round++) {
      const one = await rate(singlesPerRound, () =>
        atOnce(64, singlesPerRound, (i) =>
          redis.xadd('log', '*', 'key', `key-${i}`, 'value', value),
        ),
      );
      if (round > 0) rates.push(one);
    }
    return median(rates);
  });
  return { ...often, single };
}

async function addAll(redis: Redis): Promise<void> {
  await atOnce(2, recordsPerRound / pipelined, async (i) => {
    const pipeline = redis.pipeline();
    for (let k = 0; k < pipelined; k++) {
      pipeline.xadd('log', '*', 'key', `key-${i * pipelined + k}`, 'value', value);
    }
    await pipeline.exec();
  });
}

async function readAll(redis: Redis): Promise<void> {
  let after = '0';
  for (;;) {
    const answer = await redis.xread('COUNT', 1000, 'STREAMS', 'log', after);
    const last = answer?.[0]?.[1].at(-1);
    if (!last) return;
    after = last[0];
  }
}

function isInstalled(): boolean {
  try {
    execFileSync('redis-server', ['--version']);
    return true;
  } catch {
    return false;
  }
}

async function withRedis<T>(fsync: string, work: (redis: Redis) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'logbrook-redis-'));
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', ''];
  const durable = ['--appendonly', 'yes', '--appendfsync', fsync];
  const child = spawn('redis-server', [...args, ...durable], { stdio: 'ignore' });
  const redis = new Redis({ port, host: '127.0.0.1', retryStrategy: () => 100 });
  redis.on('error', () => {});
  try {
    await redis.ping();
    return await work(redis);
  } finally {
    redis.disconnect();
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
    rmSync(dir, { recursive: true, force: true });
  }
}
