/**
 * The whole server with keys required, and whoever calls it: the unmodified SDK, curl's ways, presigned
 * URLs. Who is not let in is told so in the words of the face that was asked. What one key opens closes
 * again when it is revoked.
 */

import { once } from 'node:events';
import { connect } from 'node:http2';
import {
  CreateStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  type KinesisClientConfig,
  ListStreamsCommand,
  PutRecordCommand,
  PutRecordsCommand,
  RegisterStreamConsumerCommand,
  SubscribeToShardCommand,
} from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { SignatureV4 } from '@smithy/signature-v4';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningServer, serve } from '../../bin/serve.js';
import type { CreatedKey, CreateKeyBody } from '../../lib/contract/keys.js';
import { createJsonLogger } from '../../lib/runtime/json-logger.js';
import { createNodeWorld } from '../../lib/runtime/node-world.js';
import { answerOf, jsonInit, problemFrom } from '../http/api-client.js';
import { NodeSha256 } from '../support/node-sha256.js';
import { rootBearer, rootSecret } from '../support/test-keys.js';
import { arnOf, failureOf, region, shardId } from './kinesis-server.js';

let server: RunningServer;
let aheadMs = 0;
const clients: KinesisClient[] = [];
const everything = { operations: ['produce', 'consume', 'admin'], topics: [''], groups: [''] };
const json = 'application/x-amz-json-1.1';
const wrongKey = 'The security token included in the request is invalid.';

beforeAll(async () => {
  const { clock } = createNodeWorld(createJsonLogger('silent'));
  server = await serve(
    {
      ...{ port: 0, host: '127.0.0.1', store: 'memory', dataDir: '', takeOver: false },
      requireKeys: true,
    },
    { LOGBROOK_LOG_LEVEL: 'silent', LOGBROOK_ROOT_KEY: `LBROOT.${rootSecret}` },
    { clock: { ...clock, nowMs: () => Date.now() + aheadMs } },
  );
  const client = clientOf(await newKey(everything));
  await client.send(new CreateStreamCommand({ StreamName: 'orders', ShardCount: 1 }));
});
afterAll(async () => {
  for (const client of clients) client.destroy();
  await server.stop();
});

type Pair = { readonly keyId: string; readonly secret: string };

async function newKey(scope: object, rest: Partial<CreateKeyBody> = {}): Promise<CreatedKey> {
  const init = jsonInit({ name: 'test', scopes: [scope], ...rest });
  const headers = { ...init.headers, authorization: rootBearer };
  return answerOf<CreatedKey>(await fetch(`${server.url}/v1/keys`, { ...init, headers }), 201);
}

async function revoke({ keyId }: Pair): Promise<void> {
  const headers = { authorization: rootBearer };
  const response = await fetch(`${server.url}/v1/keys/${keyId}`, { method: 'DELETE', headers });
  expect(response.status).toBe(200);
}

function clientOf({ keyId, secret }: Pair, more: Partial<KinesisClientConfig> = {}): KinesisClient {
  const client = new KinesisClient({
    ...{ endpoint: server.url, region, maxAttempts: 1, ...more },
    credentials: { accessKeyId: keyId, secretAccessKey: secret },
  });
  clients.push(client);
  return client;
}

const put = new PutRecordCommand({
  ...{ StreamName: 'orders', PartitionKey: 'k', Data: new Uint8Array([1, 2, 3]) },
});

describe('the SDK', () => {
  test.each<[string, () => Partial<KinesisClientConfig>]>([
    ['over HTTP/2, as it comes', () => ({})],
    ['over HTTP/1.1', () => ({ requestHandler: new NodeHttpHandler() })],
  ])('%s: writes, reads, subscribes with a key', async (_name, config) => {
    const client = clientOf(await newKey(everything), config());
    const { SequenceNumber } = await client.send(put);
    const place = { StreamName: 'orders', ShardId: shardId(0) };
    const from = {
      ShardIteratorType: 'AT_SEQUENCE_NUMBER',
      StartingSequenceNumber: SequenceNumber,
    } as const;
    const { ShardIterator } = await client.send(new GetShardIteratorCommand({ ...place, ...from }));
    const read = await client.send(new GetRecordsCommand({ ShardIterator }));
    expect(read.Records?.[0]).toMatchObject({ SequenceNumber, Data: new Uint8Array([1, 2, 3]) });
    const named = { StreamARN: arnOf('orders'), ConsumerName: `c-${SequenceNumber?.slice(-40)}` };
    const { Consumer } = await client.send(new RegisterStreamConsumerCommand(named));
    const { EventStream } = await client.send(
      new SubscribeToShardCommand({
        ConsumerARN: Consumer?.ConsumerARN,
        ShardId: shardId(0),
        StartingPosition: { Type: 'AT_SEQUENCE_NUMBER', SequenceNumber },
      }),
    );
    for await (const { SubscribeToShardEvent: event } of EventStream ?? []) {
      expect(event?.Records?.[0]?.SequenceNumber).toBe(SequenceNumber);
      break;
    }
  });

  test('signs a body of megabytes', async () => {
    const client = clientOf(await newKey(everything));
    const Data = new Uint8Array(1_000_000).fill(65);
    const Records = [0, 1, 2, 3].map((i) => ({ PartitionKey: `k${i}`, Data }));
    const command = new PutRecordsCommand({ StreamName: 'orders', Records });
    expect(await client.send(command)).toMatchObject({ FailedRecordCount: 0 });
  });

  test('is told what a wrong key, a wrong secret and a revoked key are told: the same', async () => {
    const key = await newKey(everything);
    const unknown = { keyId: 'LBAAAAAAAAAAAAAAAAAA', secret: key.secret };
    const foreign = { keyId: 'AKIAIOSFODNN7EXAMPLE', secret: key.secret };
    const revoked = await newKey(everything);
    await revoke(revoked);
    for (const pair of [{ ...key, secret: `${key.secret}x` }, unknown, foreign, revoked]) {
      expect(await failureOf(clientOf(pair).send(put))).toEqual([
        'UnrecognizedClientException',
        wrongKey,
      ]);
    }
  });

  test.each<[string, () => Partial<KinesisClientConfig>]>([
    ['HTTP/2', () => ({})],
    ['HTTP/1.1', () => ({ requestHandler: new NodeHttpHandler() })],
  ])('is refused over %s though nobody reads the megabytes it sends', async (_name, config) => {
    const unknown = { keyId: 'LBAAAAAAAAAAAAAAAAAA', secret: 'x'.repeat(40) };
    const Data = new Uint8Array(1_000_000).fill(65);
    const Records = Array.from({ length: 8 }, (_, i) => ({ PartitionKey: `k${i}`, Data }));
    const command = new PutRecordsCommand({ StreamName: 'orders', Records });
    const client = clientOf(unknown, config());
    for (let tries = 0; tries < 3; tries++) {
      expect(await failureOf(client.send(command))).toEqual([
        'UnrecognizedClientException',
        wrongKey,
      ]);
    }
  });

  test('whose clock is wrong is told so, and sets it right by the answer', async () => {
    const key = await newKey(everything);
    const client = clientOf(key, { systemClockOffset: -20 * 60_000 });
    const [name, message] = await failureOf(client.send(put));
    expect([name, message]).toEqual(['InvalidSignatureException', expect.stringMatching(/clock/)]);
    // It learns the time from the Date of the refusal.
    expect(await client.send(put)).toMatchObject({ ShardId: shardId(0) });
  });

  test('gets no further than the scopes of its key, and does not learn what is there', async () => {
    const reader = clientOf(await newKey({ ...everything, operations: ['consume'] }));
    const elsewhere = clientOf(await newKey({ ...everything, topics: ['else-'] }));
    for (const [client, StreamName] of [
      [reader, 'orders'],
      [elsewhere, 'orders'],
      [elsewhere, 'nowhere'],
    ] as const) {
      const command = new PutRecordCommand({ ...put.input, StreamName });
      expect(await failureOf(client.send(command))).toEqual([
        'AccessDeniedException',
        'The access key is not authorized to perform: kinesis:PutRecord',
      ]);
    }
    expect((await elsewhere.send(new ListStreamsCommand({}))).StreamNames).toEqual([]);
  });

  test('is throttled beyond the limits of its key', async () => {
    const limits = { requestsPerSecond: 1 };
    const client = clientOf(await newKey(everything, { limits }));
    const calls = Array.from({ length: 20 }, () => client.send(put).catch((error) => error));
    const names = (await Promise.all(calls)).map((answer: Error) => answer.name);
    expect(names).toContain('ProvisionedThroughputExceededException');
  });
});

type Signed = { readonly path: string; readonly headers: Record<string, string>; body: string };

function signerOf({ keyId, secret }: Pair): SignatureV4 {
  const credentials = { accessKeyId: keyId, secretAccessKey: secret };
  return new SignatureV4({ credentials, region, service: 'kinesis', sha256: NodeSha256 });
}

const requestTo = (method: string, path: string, headers = {}, body = '') => {
  const { host, hostname } = new URL(server.url);
  return {
    ...{ method, protocol: 'http:', hostname, path, body },
    headers: { host, ...headers },
  };
};

async function signedAction(key: Pair, action: string, input: object): Promise<Signed> {
  const body = JSON.stringify(input);
  const target = { 'content-type': json, 'x-amz-target': `Kinesis_20131202.${action}` };
  const { headers } = await signerOf(key).sign(requestTo('POST', '/', target, body));
  return { path: '/', headers, body };
}

async function sent({ path, headers, body }: Signed): Promise<[number, string]> {
  const { host: _, ...rest } = headers;
  const response = await fetch(server.url + path, { method: 'POST', headers: rest, body });
  const { __type } = (await response.json()) as { __type: string };
  return [response.status, __type];
}

describe('a signature', () => {
  test('holds for one body, one action and one time', async () => {
    const key = await newKey(everything);
    const list = await signedAction(key, 'ListStreams', {});
    expect((await sent(list))[0]).toBe(200);
    const refused = [400, 'UnrecognizedClientException'];
    expect(await sent({ ...list, body: '{"Limit":1}' })).toEqual(refused);
    const target = { 'x-amz-target': 'Kinesis_20131202.DescribeLimits' };
    expect(await sent({ ...list, headers: { ...list.headers, ...target } })).toEqual(refused);
    const authorization = (list.headers.authorization ?? '').replace(/Signature=.*/, '');
    expect(await sent({ ...list, headers: { ...list.headers, authorization } })).toEqual([
      400,
      'IncompleteSignatureException',
    ]);
    const { authorization: _, ...unsigned } = list.headers;
    expect(await sent({ ...list, headers: unsigned })).toEqual([
      400,
      'MissingAuthenticationTokenException',
    ]);
  });

  test('opens the HTTP API as well, whose words its refusals are in', async () => {
    const key = await newKey(everything);
    const { headers } = await signerOf(key).sign(requestTo('GET', '/v1/topics'));
    const { host: _, ...rest } = headers;
    const page = await fetch(`${server.url}/v1/topics`, { headers: rest });
    expect(page.status).toBe(200);
    const other = await fetch(`${server.url}/v1/topics/orders`, { headers: rest });
    await problemFrom(other, 401, 'SASL_AUTHENTICATION_FAILED', /signature/);
  });

  test('in a URL opens it for as long as it says', async () => {
    const key = await newKey(everything);
    const { query = {} } = await signerOf(key).presign(requestTo('GET', '/v1/topics/orders'), {
      expiresIn: 60,
    });
    const url = `${server.url}/v1/topics/orders?${new URLSearchParams(query as never)}`;
    expect((await fetch(url)).status).toBe(200);
    await problemFrom(await fetch(`${url}&x=1`), 401, 'SASL_AUTHENTICATION_FAILED');
    aheadMs += 61_000;
    await problemFrom(await fetch(url), 401, 'SASL_AUTHENTICATION_FAILED', /expired/);
  });
});

/** The three ways to send one key, to either face. */
function waysOf(key: CreatedKey): Record<string, () => Promise<unknown>> {
  const basic = `Basic ${Buffer.from(`${key.keyId}:${key.secret}`).toString('base64')}`;
  const over = (authorization: string) => async () => {
    const response = await fetch(`${server.url}/v1/topics`, { headers: { authorization } });
    const body = (await response.json()) as { code?: string };
    return response.status === 200 ? 'in' : body.code;
  };
  const kinesis = (authorization: string) => async () => {
    const target = { 'content-type': json, 'x-amz-target': 'Kinesis_20131202.ListStreams' };
    const headers = { ...target, authorization };
    const response = await fetch(server.url, { method: 'POST', headers, body: '{}' });
    const body = (await response.json()) as { __type?: string };
    return response.status === 200 ? 'in' : body.__type;
  };
  const sdk = clientOf(key);
  return {
    bearer: over(`Bearer ${key.bearer}`),
    basic: over(basic),
    'bearer to Kinesis': kinesis(`Bearer ${key.bearer}`),
    'basic to Kinesis': kinesis(basic),
    signed: async () => {
      const listed = sdk.send(new ListStreamsCommand({}));
      return listed.then(
        () => 'in',
        (error: Error) => error.name,
      );
    },
  };
}

const closed = {
  ...{ bearer: 'SASL_AUTHENTICATION_FAILED', basic: 'SASL_AUTHENTICATION_FAILED' },
  'bearer to Kinesis': 'UnrecognizedClientException',
  'basic to Kinesis': 'UnrecognizedClientException',
  signed: 'UnrecognizedClientException',
};

async function answersOf(ways: ReturnType<typeof waysOf>): Promise<Record<string, unknown>> {
  const asked = Object.entries(ways).map(async ([name, ask]) => [name, await ask()] as const);
  return Object.fromEntries(await Promise.all(asked));
}

const allIn = Object.fromEntries(Object.keys(closed).map((way) => [way, 'in']));

describe('one key, whichever way it is sent', () => {
  test('opens both faces, and nothing 10 s after it was revoked', async () => {
    const key = await newKey(everything);
    const ways = waysOf(key);
    expect(await answersOf(ways)).toEqual(allIn);
    await revoke(key);
    aheadMs += 10_000;
    expect(await answersOf(ways)).toEqual(closed);
  });

  test('opens nothing from its end on', async () => {
    const key = await newKey(everything, { expiresAt: Date.now() + aheadMs + 60_000 });
    const ways = waysOf(key);
    expect(await answersOf(ways)).toEqual(allIn);
    aheadMs += 60_000;
    expect(await answersOf(ways)).toEqual(closed);
  });

  test('ends a subscription that it opened', async () => {
    const key = await newKey(everything);
    const client = clientOf(key);
    const named = { StreamARN: arnOf('orders'), ConsumerName: 'revoked' };
    const { Consumer } = await client.send(new RegisterStreamConsumerCommand(named));
    const { EventStream } = await client.send(
      new SubscribeToShardCommand({
        ConsumerARN: Consumer?.ConsumerARN,
        ShardId: shardId(0),
        StartingPosition: { Type: 'LATEST' },
      }),
    );
    await client.send(put);
    let events = 0;
    for await (const _event of EventStream ?? []) {
      events++;
      if (events > 1) continue;
      await revoke(key);
      aheadMs += 10_000;
      // What comes now is not for it any more.
      await clientOf(await newKey(everything)).send(put);
    }
    expect(events).toBe(1);
  });
});

describe('without a key', () => {
  test('everything but /healthz is refused, over HTTP/2 too', async () => {
    const session = connect(server.url);
    const statusOf = async (method: string, path: string, headers = {}) => {
      const request = session.request({ ':method': method, ':path': path, ...headers });
      request.end(method === 'POST' ? '{}' : undefined);
      const [answer] = (await once(request, 'response')) as [Record<string, unknown>];
      request.close();
      return [answer[':status'], answer['content-type']];
    };
    expect((await statusOf('GET', '/healthz'))[0]).toBe(200);
    const problem = [401, expect.stringContaining('application/problem+json')];
    expect(await statusOf('GET', '/v1/topics')).toEqual(problem);
    expect(await statusOf('POST', '/healthz', { 'content-type': json })).toEqual([400, json]);
    expect(await statusOf('POST', '/v1/keys')).toEqual(problem);
    session.close();
  });
});
