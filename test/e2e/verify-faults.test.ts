/**
 * A server on the aws store, DynamoDB Local and an S3 server, with a bad network between all of them and
 * `logbrook verify`, which works the server: nothing that was acknowledged is lost, written twice or moved.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { VerifyReport } from '../../lib/cli/verify/report.js';
import { announceSkip } from '../support/announce-skip.js';
import { dynamodbLocalMissing, startDynamodbLocal } from '../support/dynamodb-local.js';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.js';
import {
  type RunningCommand,
  type ServerProcess,
  startCommand,
  startServerProcess,
} from '../support/logbrook-process.js';
import { s3ServerMissing, startS3Server } from '../support/s3-server.js';

const seed = 20_261_123;
/** Of the requests to DynamoDB and S3, and of those to the server. */
const shareOfRequests = 0.15;
const shareOfCalls = 0.05;
/** It works at least this long, and until every fault has happened this often everywhere. */
const workMs = 15_000;
const timesEach = 2;

const reason = dynamodbLocalMissing() ?? s3ServerMissing();
const missing = announceSkip('verify on the aws store behind a bad network', reason);

describe.skipIf(missing)('on the aws store behind a bad network', () => {
  let dynamodb: Awaited<ReturnType<typeof startDynamodbLocal>>;
  let s3: Awaited<ReturnType<typeof startS3Server>>;
  let toDynamodb: FaultProxy;
  let toS3: FaultProxy;
  let toServer: FaultProxy;
  let server: ServerProcess;
  let verify: RunningCommand | undefined;

  beforeAll(async () => {
    [dynamodb, s3] = await Promise.all([startDynamodbLocal(), startS3Server()]);
    toDynamodb = await startFaultProxy(dynamodb.endpoint, seed);
    toS3 = await startFaultProxy(s3.endpoint, seed + 1);
    server = await startServerProcess(['--port', '0', '--store', 'aws'], {
      AWS_ENDPOINT_URL_DYNAMODB: toDynamodb.endpoint,
      AWS_ENDPOINT_URL_S3: toS3.endpoint,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: s3.accessKeyId,
      AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
      LOGBROOK_LOG_LEVEL: 'error',
    });
    toServer = await startFaultProxy(server.url, seed + 2);
  });
  afterAll(async () => {
    // Should the test have ended early: it would go on for minutes.
    verify?.interrupt();
    await toServer?.stop();
    await server?.stop();
    await Promise.all([toDynamodb?.stop(), toS3?.stop()]);
    await Promise.all([dynamodb?.stop(), s3?.stop()]);
  });

  // Fault 9 of docs/faults.md.
  test('refused, cut, late and lost: verify finds nothing violated', async () => {
    toDynamodb.setShare(shareOfRequests);
    toS3.setShare(shareOfRequests);
    toServer.setShare(shareOfCalls);
    // So large that many flushes are S3's: small ones lie in DynamoDB.
    const size = ['--record-bytes', '5000'];
    const args = ['--duration', '10m', '--json', '--rate', '200', ...size];
    verify = startCommand(toServer.endpoint, ['verify', ...args]);
    let over = false;
    void verify.result.finally(() => {
      over = true;
    });
    const endMs = performance.now() + workMs;
    const proxies = [toDynamodb, toS3, toServer];
    const each = () => proxies.flatMap(({ counts }) => Object.values(counts));
    while (!over && (performance.now() < endMs || Math.min(...each()) < timesEach))
      await delay(100);
    for (const proxy of proxies) proxy.setShare(0);
    verify.interrupt();
    const { exitCode, stdout, stderr } = await verify.result;
    const report = JSON.parse(stdout.toString()) as VerifyReport;
    const faults = { dynamodb: toDynamodb.counts, s3: toS3.counts, server: toServer.counts };
    process.stdout.write(`seed ${seed}: ${JSON.stringify({ faults, report })}\n`);
    expect([exitCode, stderr]).toEqual([0, expect.anything()]);
    expect(report.violations).toBe(0);
    expect(report.acknowledged).toBeGreaterThan(0);
    expect(report.read).toBeGreaterThanOrEqual(report.acknowledged);
    expect(report.unknown).toBeGreaterThan(0);
    expect(Math.min(...each())).toBeGreaterThanOrEqual(timesEach);
  }, 300_000);
});
