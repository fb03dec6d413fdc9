/** Other people's clients, where they are installed: boto3 and the AWS CLI, over HTTP/1.1. */

import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { announceSkip } from '../support/announce-skip.js';
import { type KinesisServer, startKinesis } from './kinesis-server.js';

const run = promisify(execFile);

/** CI machines have neither, so there it is only said. */
function missing(what: string, command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return false;
  } catch {
    const said = `${command} is not installed`;
    if (process.env.CI) process.stderr.write(`\n*** SKIPPED: ${what}: ${said} ***\n\n`);
    else announceSkip(what, said);
    return true;
  }
}

let server: KinesisServer;
beforeAll(async () => {
  server = await startKinesis();
});
afterAll(() => server.stop());

const environment = () => ({
  ...process.env,
  AWS_ENDPOINT_URL_KINESIS: server.url,
  AWS_REGION: 'us-east-1',
  AWS_DEFAULT_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'any',
  AWS_SECRET_ACCESS_KEY: 'any',
});

const script = `
import boto3, json, sys
k = boto3.client('kinesis')
k.create_stream(StreamName='boto', ShardCount=1)
k.get_waiter('stream_exists').wait(StreamName='boto')
put = k.put_records(StreamName='boto', Records=[{'PartitionKey': 'k%d' % i, 'Data': bytes([i, 255])} for i in range(3)])
arn = k.describe_stream_summary(StreamName='boto')['StreamDescriptionSummary']['StreamARN']
it = k.get_shard_iterator(StreamARN=arn, ShardId='shardId-000000000000', ShardIteratorType='TRIM_HORIZON')
got = k.get_records(ShardIterator=it['ShardIterator'])
consumer = k.register_stream_consumer(StreamARN=arn, ConsumerName='c')['Consumer']['ConsumerARN']
events = k.subscribe_to_shard(ConsumerARN=consumer, ShardId='shardId-000000000000', StartingPosition={'Type': 'TRIM_HORIZON'})
event = next(iter(events['EventStream']))['SubscribeToShardEvent']
try:
    k.describe_stream(StreamName='nope')
except k.exceptions.ResourceNotFoundException as e:
    error = str(e)
print(json.dumps({
    'failed': put['FailedRecordCount'],
    'read': [[r['PartitionKey'], list(r['Data'])] for r in got['Records']],
    'subscribed': [r['SequenceNumber'] for r in event['Records']],
    'put': [r['SequenceNumber'] for r in put['Records']],
    'error': error,
}))
`;

describe.skipIf(missing('boto3', 'python3', ['-c', 'import boto3']))('boto3', () => {
  test('puts, reads, subscribes and understands errors', async () => {
    const { stdout } = await run('python3', ['-c', script], { env: environment() });
    const told = JSON.parse(stdout);
    expect(told).toMatchObject({
      failed: 0,
      read: [0, 1, 2].map((i) => [`k${i}`, [i, 255]]),
      error: expect.stringContaining('Stream nope under account 000000000000 not found.'),
    });
    expect(told.subscribed).toEqual(told.put);
  }, 60_000);
});

describe.skipIf(missing('the AWS CLI', 'aws', ['--version']))('the AWS CLI', () => {
  test('makes, lists and deletes a stream', async () => {
    const aws = async (...args: string[]) => {
      const { stdout } = await run('aws', ['kinesis', ...args, '--output', 'json'], {
        env: environment(),
      });
      return stdout === '' ? undefined : JSON.parse(stdout);
    };
    await aws('create-stream', '--stream-name', 'cli', '--shard-count', '2');
    const put = await aws(
      'put-record',
      '--stream-name',
      'cli',
      '--partition-key',
      'a',
      '--data',
      'aGk=',
    );
    expect(put.ShardId).toMatch(/^shardId-/);
    const { Shards } = await aws('list-shards', '--stream-name', 'cli');
    expect(Shards).toHaveLength(2);
    await aws('delete-stream', '--stream-name', 'cli');
    expect((await aws('list-streams')).StreamNames).not.toContain('cli');
  }, 60_000);
});
