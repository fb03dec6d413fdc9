/**
 * The Kinesis face through the AWS SDK: PutRecords and the draining of what was put, beside a server that
 * answers from a can, and beside kinesalite (which keeps everything in memory) where npm can bring it.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateStreamCommand,
  DescribeStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  PutRecordsCommand,
} from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { startFloor, startLogbrook } from './child-server.js';
import { median } from './measure.js';

const KiB = 1024;
const recordsPerRequest = 500;
const streams = ['bench-0', 'bench-1', 'bench-2', 'bench-3'];
const rounds = 5;
const roundMs = 3_000;

type Peer = { readonly name: string; readonly client: KinesisClient; stop(): Promise<void> };
export type KinesisRates = {
  readonly name: string;
  /** Records per second of each round. */
  readonly put: readonly number[];
  readonly drain: readonly number[];
};

const records = Array.from({ length: recordsPerRequest }, (_, i) => ({
  PartitionKey: `key-${i}`,
  Data: new Uint8Array(Buffer.alloc(KiB, `record ${i} `)),
}));

export async function measureKinesis(): Promise<KinesisRates[]> {
  const dir = mkdtempSync(join(tmpdir(), 'logbrook-bench-'));
  const started = [await canned(), await logbrook(dir), await kinesalite()];
  const peers = started.filter((peer) => peer !== undefined);
  const rates = peers.map(({ name }) => ({ name, put: [] as number[], drain: [] as number[] }));
  try {
    for (const peer of peers) if (peer.name !== 'canned') await createStreams(peer.client);
    for (const { client } of peers) await putFor(client, 1_000);
    for (let round = 0; round < rounds; round++) {
      for (const [i, { client }] of peers.entries())
        rates[i]?.put.push(await putFor(client, roundMs));
    }
    for (let round = 0; round < rounds; round++) {
      for (const [i, { client }] of peers.entries()) {
        rates[i]?.drain.push(await drainFor(client, roundMs));
      }
    }
    return rates;
  } finally {
    for (const { client, stop } of peers) {
      client.destroy();
      await stop();
    }
    rmSync(dir, { recursive: true, force: true });
  }
}

export function kinesisReport(rates: readonly KinesisRates[]): string {
  const [floor, ours, peer] = rates;
  const of = (one: KinesisRates | undefined, what: 'put' | 'drain') => median(one?.[what] ?? []);
  const lines = rates.map(({ name, put, drain }) => {
    const spread = `${Math.round(Math.min(...put))} to ${Math.round(Math.max(...put))}`;
    return `  ${name}: ${Math.round(median(put))} records/s put (${spread}), ${Math.round(median(drain))} drained`;
  });
  for (const what of ['put', 'drain'] as const) {
    const ratio = (of(ours, what) / of(floor, what)).toFixed(2);
    const beside = peer ? `, of kinesalite ${(of(ours, what) / of(peer, what)).toFixed(2)}` : '';
    const wanted = what === 'put' ? '0.45 and 2.5' : '0.45 and 1.3';
    lines.push(`${what}: ratio to the canned server ${ratio}${beside}; wanted at least ${wanted}`);
  }
  const head = `kinesis: ${recordsPerRequest} x 1 KiB per request, 4 in flight on 4 streams, durable`;
  return [`\n${head}`, ...lines].join('\n');
}

const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };

function clientOf(endpoint: string): KinesisClient {
  return new KinesisClient({ endpoint, region: 'us-east-1', credentials });
}

async function canned(): Promise<Peer> {
  const { url, stop } = await startFloor('bench/floors/kinesis-floor.ts');
  return { name: 'canned', client: clientOf(url), stop };
}

async function logbrook(dir: string): Promise<Peer> {
  const { url, stop } = await startLogbrook(['--data-dir', dir]);
  return { name: 'logbrook', client: clientOf(url), stop };
}

/** It speaks HTTP/1.1 only. */
async function kinesalite(): Promise<Peer | undefined> {
  const port = await freePort();
  const child = spawn('npx', ['--yes', 'kinesalite@3.3.3', '--port', String(port)], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  const listening = await Promise.race([
    once(child.stdout, 'data').then(() => true),
    once(child, 'exit').then(() => false),
  ]);
  if (!listening) {
    process.stdout.write('kinesalite is not here: npm could not bring it\n');
    return undefined;
  }
  const client = new KinesisClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials,
    requestHandler: new NodeHttpHandler(),
  });
  return { name: 'kinesalite', client, stop: () => stopGroup(child) };
}

/** npx and what it started. */
async function stopGroup(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null) return;
  const exited = once(child, 'exit');
  process.kill(-child.pid, 'SIGTERM');
  await exited;
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function createStreams(client: KinesisClient): Promise<void> {
  for (const StreamName of streams) {
    await client.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
    for (;;) {
      const answer = await client.send(new DescribeStreamCommand({ StreamName }));
      if (answer.StreamDescription?.StreamStatus === 'ACTIVE') break;
    }
  }
}

async function putFor(client: KinesisClient, durationMs: number): Promise<number> {
  return rateOf(durationMs, async (StreamName) => {
    const answer = await client.send(new PutRecordsCommand({ StreamName, Records: records }));
    if (answer.FailedRecordCount !== 0) throw new Error('records were refused');
    return recordsPerRequest;
  });
}

async function drainFor(client: KinesisClient, durationMs: number): Promise<number> {
  const iterators = new Map<string, string | undefined>();
  return rateOf(durationMs, async (StreamName) => {
    const iterator = iterators.get(StreamName) ?? (await fromTheStart(client, StreamName));
    const answer = await client.send(new GetRecordsCommand({ ShardIterator: iterator }));
    const count = answer.Records?.length ?? 0;
    // At the end: from the start again.
    iterators.set(StreamName, count > 0 ? answer.NextShardIterator : undefined);
    return count;
  });
}

async function fromTheStart(
  client: KinesisClient,
  StreamName: string,
): Promise<string | undefined> {
  const position = { ShardId: 'shardId-000000000000', ShardIteratorType: 'TRIM_HORIZON' } as const;
  const answer = await client
    .send(new GetShardIteratorCommand({ StreamName, ...position }))
    .catch(() => undefined);
  return answer?.ShardIterator ?? 'canned';
}

async function rateOf(
  durationMs: number,
  act: (stream: string) => Promise<number>,
): Promise<number> {
  const start = performance.now();
  let done = 0;
  const worker = async (stream: string) => {
    while (performance.now() - start < durationMs) done += await act(stream);
  };
  await Promise.all(streams.map(worker));
  return (done * 1000) / (performance.now() - start);
}
