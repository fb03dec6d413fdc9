/**
 * The SDK beside raw HTTP, and beside Redis Streams where a redis-server is installed. Rounds alternate,
 * medians are compared; client and server share the machine.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../bin/sdk.js';
import { batchContentType, fetchHeaders } from '../lib/contract/media-types.js';
import { encodeRecordBatch } from '../lib/log/record-batch.js';
import { nodeCodecs } from '../lib/runtime/node-codecs.js';
import { startLogbrook } from './child-server.js';
import { atOnce, rate, recordBytes, recordsPerRound, singlesPerRound } from './client-load.js';
import { median } from './measure.js';
import { createTopic, recordsOf } from './produce.bench.js';
import { redisFigures } from './redis-streams.js';

export type ClientFigure = {
  readonly what: string;
  readonly beside: string;
  /** Records per second. */
  readonly ours: number;
  readonly theirs: number;
  readonly wanted: number;
};

const rounds = 3;
const batchRecords = 1_000;
const tasks = 64;

type Raw = (method: string, path: string, body?: Uint8Array) => Promise<RawAnswer>;
type RawAnswer = { readonly nextOffset: string; readonly sizeBytes: number };

export async function clientFigures(): Promise<readonly ClientFigure[]> {
  const dir = mkdtempSync(join(tmpdir(), 'logbrook-bench-'));
  const server = await startLogbrook(['--data-dir', dir]);
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const raw = rawHttp(server.url, agent);
  try {
    await createTopic(server.url, 'sdk', 1);
    await createTopic(server.url, 'raw', 1);
    const value = 'x'.repeat(recordBytes - 16);
    const rates: Record<'sdkIn' | 'rawIn' | 'sdkOut' | 'rawOut' | 'singles', number[]> = {
      sdkIn: [],
      rawIn: [],
      sdkOut: [],
      rawOut: [],
      singles: [],
    };
    for (let round = 0; round <= rounds; round++) {
      const alone = async (records: number, work: () => Promise<void>) => {
        await compactAll(server.url);
        return rate(records, work);
      };
      const figures = {
        rawIn: await alone(recordsPerRound, () => postBatches(raw)),
        sdkIn: await alone(recordsPerRound, () => sendAll(server.url, value)),
        rawOut: await alone(recordsPerRound, () => readRaw(raw)),
        sdkOut: await alone(recordsPerRound, () => consumeAll(server.url)),
        singles: await alone(singlesPerRound, () => sendSingly(server.url, value)),
      };
      // The first one warms up.
      if (round === 0) continue;
      for (const name of Object.keys(rates) as (keyof typeof rates)[])
        rates[name].push(figures[name]);
    }
    const { sdkIn, rawIn, sdkOut, rawOut, singles } = rates;
    const [ins, outs, single] = [median(sdkIn), median(sdkOut), median(singles)];
    const redis = await redisFigures(rounds);
    const besideRedis = redis
      ? [
          {
            what: 'produce',
            beside: 'Redis XADD, pipelines of 500, everysec',
            ours: ins,
            theirs: redis.add,
            wanted: 1.5,
          },
          {
            what: 'consume',
            beside: 'Redis XREAD COUNT 1000',
            ours: outs,
            theirs: redis.read,
            wanted: 1,
          },
          {
            what: `awaited sends, ${tasks} tasks`,
            beside: 'Redis XADD, fsync always',
            ours: single,
            theirs: redis.single,
            wanted: 0.5,
          },
        ]
      : [];
    return [
      {
        what: 'produce',
        beside: 'raw HTTP, prebuilt batches',
        ours: ins,
        theirs: median(rawIn),
        wanted: 0.6,
      },
      {
        what: 'consume',
        beside: 'raw HTTP, the same bytes',
        ours: outs,
        theirs: median(rawOut),
        wanted: 0.6,
      },
      ...besideRedis,
    ];
  } finally {
    agent.destroy();
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** What is read is compacted, and nobody pays for the compaction of what another has written. */
async function compactAll(url: string): Promise<void> {
  const { jobs } = connect({ url }).admin;
  await jobs.run();
}

async function postBatches(raw: Raw): Promise<void> {
  const records = recordsOf(batchRecords, recordBytes);
  const batch = encodeRecordBatch({ records }, nodeCodecs);
  const path = '/v1/topics/raw/partitions/0/records';
  await atOnce(5, recordsPerRound / batchRecords, () => raw('POST', path, batch));
}

async function sendAll(url: string, value: string): Promise<void> {
  const producer = connect({ url }).producer();
  for (let i = 0; i < recordsPerRound; i++)
    await producer.send({ topic: 'sdk', key: `key-${i}`, value });
  await producer.close();
}

async function sendSingly(url: string, value: string): Promise<void> {
  const producer = connect({ url }).producer({ lingerMs: 0 });
  await atOnce(tasks, singlesPerRound, async (i) => {
    const ticket = await producer.send({ topic: 'raw', key: `key-${i}`, value });
    await ticket.ack;
  });
  await producer.close();
}

/** From the start, as far as the SDK's consumer reads. */
async function readRaw(raw: Raw): Promise<void> {
  let offset = 0;
  while (offset < recordsPerRound) {
    const query = `offset=${offset}&maxBytes=1048576`;
    const answer = await raw('GET', `/v1/topics/sdk/partitions/0/records?${query}`);
    offset = Number(answer.nextOffset);
  }
}

async function consumeAll(url: string): Promise<void> {
  const consumer = connect({ url }).consumer({ topics: ['sdk'], start: 'earliest' });
  let seen = 0;
  for await (const _ of consumer) if (++seen === recordsPerRound) break;
  await consumer.close();
}

function rawHttp(url: string, agent: Agent): Raw {
  return (method, path, body) =>
    new Promise((resolve, reject) => {
      const headers = {
        accept: method === 'GET' ? batchContentType : 'application/json',
        ...(body && { 'content-type': batchContentType, 'content-length': body.length }),
      };
      const sent = request(url + path, { method, agent, headers }, (answer) => {
        let sizeBytes = 0;
        answer.on('data', (chunk: Buffer) => {
          sizeBytes += chunk.length;
        });
        answer.on('end', () => {
          const nextOffset = String(answer.headers[fetchHeaders.nextOffset]);
          if (answer.statusCode === 200) resolve({ nextOffset, sizeBytes });
          else reject(new Error(`${method} ${path} answered ${answer.statusCode}`));
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
}
