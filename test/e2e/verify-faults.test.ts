/**
 * The aws store on DynamoDB Local and an S3 server with a bad network in between, while `logbrook verify`
 * works the server: nothing that was acknowledged is lost, written twice or moved.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { VerifyReport } from '../../lib/cli/verify/report.js';
import { announceSkip } from '../support/announce-skip.js';
import { dynamodbLocalMissing, startDynamodbLocal } from '../support/dynamodb-local.js';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.js';
import {
  type ServerProcess,
  startCommand,
  startServerProcess,
} from '../support/logbrook-process.js';
import { s3ServerMissing, startS3Server } from '../support/s3-server.js';

const seed = 20_261_123;
const shareOfRequests = 0.15;
/** It works at least this long, and until every fault has happened this often on both sides. */
const workMs = 15_000;
const timesEach = 2;

const reason = dynamodbLocalMissing() ?? s3ServerMissing();
const missing = announceSkip('verify on the aws store behind a bad network', reason);

describe.skipIf(missing)('on the aws store behind a bad network', () => {
  let dynamodb: Awaited<ReturnType<typeof startDynamodbLocal>>;
  let s3: Awaited<ReturnType<typeof startS3Server>>;
  let proxies: FaultProxy[] = [];
  let server: ServerProcess;

  beforeAll(async () => {
    [dynamodb, s3] = await Promise.all([startDynamodbLocal(), startS3Server()]);
    proxies = [
      await startFaultProxy(dynamodb.endpoint, seed),
      await startFaultProxy(s3.endpoint, seed + 1),
    ];
    server = await startServerProcess(['--port', '0', '--store', 'aws'], {
      AWS_ENDPOINT_URL_DYNAMODB: proxies[0]?.endpoint ?? '',
      AWS_ENDPOINT_URL_S3: proxies[1]?.endpoint ?? '',
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: s3.accessKeyId,
      AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
      LOGBROOK_LOG_LEVEL: 'error',
    });
  });
  afterAll(async () => {
    await server?.stop();
    await Promise.all(proxies.map((proxy) => proxy.stop()));
    await Promise.all([dynamodb?.stop(), s3?.stop()]);
  });

  test('refused, cut, late and lost: verify finds nothing violated', async () => {
    for (const proxy of proxies) proxy.setShare(shareOfRequests);
    const verify = startCommand(server.url, [
      'verify',
      '--duration',
      '10m',
      '--json',
      '--rate',
      '200',
    ]);
    let over = false;
    void verify.result.finally(() => {
      over = true;
    });
    const endMs = performance.now() + workMs;
    const each = () => proxies.flatMap(({ counts }) => Object.values(counts));
    while (!over && (performance.now() < endMs || Math.min(...each()) < timesEach))
      await delay(100);
    for (const proxy of proxies) proxy.setShare(0);
    verify.interrupt();
    const { exitCode, stdout, stderr } = await verify.result;
    const report = JSON.parse(stdout.toString()) as VerifyReport;
    const [inDynamodb, inS3] = proxies.map(({ counts }) => counts);
    process.stdout.write(`seed ${seed}: ${JSON.stringify({ inDynamodb, inS3, report })}\n`);
    expect([exitCode, stderr]).toEqual([0, expect.anything()]);
    expect(report.violations).toBe(0);
    expect(report.acknowledged).toBeGreaterThan(0);
    expect(report.read).toBeGreaterThanOrEqual(report.acknowledged);
    expect(Math.min(...each())).toBeGreaterThanOrEqual(timesEach);
  }, 300_000);
});
