/**
 * Other people's clients, where they are installed: boto3 and the AWS CLI, over HTTP/1.1, to a server that
 * lets everybody in and to one that checks what they sign.
 */

import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serve } from '../../bin/serve.js';
import { rootKeyId } from '../../lib/access/access-key.js';
import { announceSkip } from '../support/announce-skip.js';
import { rootSecret } from '../support/test-keys.js';
import { startKinesis } from './kinesis-server.js';

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

const servers = { 'nobody in particular': '', 'an access key': '' };
const stops: (() => Promise<void>)[] = [];
type Who = keyof typeof servers;
const everybody: readonly Who[] = ['nobody in particular', 'an access key'];

beforeAll(async () => {
  const open = await startKinesis();
  const options = { port: 0, host: '127.0.0.1', dataDir: '', takeOver: false } as const;
  const guarded = await serve(
    { ...options, store: 'memory', requireKeys: true },
    { LOGBROOK_LOG_LEVEL: 'silent', LOGBROOK_ROOT_KEY: `${rootKeyId}.${rootSecret}` },
  );
  servers['nobody in particular'] = open.url;
  servers['an access key'] = guarded.url;
  stops.push(open.stop, guarded.stop);
});
afterAll(() => Promise.all(stops.map((stop) => stop())));

const environment = (who: Who, secret = rootSecret) => ({
  ...process.env,
  AWS_ENDPOINT_URL_KINESIS: servers[who],
  AWS_REGION: 'us-east-1',
  AWS_DEFAULT_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: who === 'an access key' ? rootKeyId : 'any',
  AWS_SECRET_ACCESS_KEY: who === 'an access key' ? secret : 'any',
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
  test.each(everybody)(
    'with %s: puts, reads, subscribes and understands errors',
    async (who) => {
      const { stdout } = await run('python3', ['-c', script], { env: environment(who) });
      const told = JSON.parse(stdout);
      expect(told).toMatchObject({
        failed: 0,
        read: [0, 1, 2].map((i) => [`k${i}`, [i, 255]]),
        error: expect.stringContaining('Stream nope under account 000000000000 not found.'),
      });
      expect(told.subscribed).toEqual(told.put);
    },
    60_000,
  );
});

describe.skipIf(missing('the AWS CLI', 'aws', ['--version']))('the AWS CLI', () => {
  test.each(everybody)(
    'with %s: makes, lists and deletes a stream',
    async (who) => {
      const aws = async (...args: string[]) => {
        const { stdout } = await run('aws', ['kinesis', ...args, '--output', 'json'], {
          env: environment(who),
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
    },
    60_000,
  );

  test('with a wrong secret is told that the token is not valid', async () => {
    const env = environment('an access key', `${rootSecret}x`);
    await expect(run('aws', ['kinesis', 'list-streams'], { env })).rejects.toThrow(
      /UnrecognizedClientException.*security token included in the request is invalid/,
    );
  }, 60_000);
});
