/**
 * The places where the Kinesis face is tested: a real server that the AWS SDK speaks HTTP/2 to, and the
 * face alone, with a clock that the test moves.
 */

import { Buffer } from 'node:buffer';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { serve } from '../../bin/serve.js';
import { type Access, createOpenAccess } from '../../lib/access/access.js';
import { createAuditLog } from '../../lib/broker/audit-log.js';
import { type Broker, createBroker } from '../../lib/broker/broker.js';
import { brokerDefaults } from '../../lib/broker/broker-settings.js';
import { readWebBody } from '../../lib/http/read-body.js';
import { kinesisDefaults } from '../../lib/kinesis/action.js';
import { createAdmission } from '../../lib/kinesis/admission.js';
import { encodeCbor } from '../../lib/kinesis/cbor.js';
import { createKinesisFace, type FaceDeps } from '../../lib/kinesis/face.js';
import { storedTokenKey } from '../../lib/kinesis/token-key.js';
import { cborType, jsonType } from '../../lib/kinesis/wire.js';
import { createJsonLogger } from '../../lib/runtime/json-logger.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { createNodeWorld } from '../../lib/runtime/node-world.js';
import { createMemoryStores } from '../../lib/store/memory/memory-store.js';
import type { Stores } from '../../lib/store/stores.js';

export const region = 'us-east-1';
export const arnOf = (name: string) => `arn:aws:kinesis:${region}:000000000000:stream/${name}`;
export const shardId = (shard: number) => `shardId-${String(shard).padStart(12, '0')}`;

export type KinesisServer = {
  readonly url: string;
  /** As it comes: over HTTP/2, which it does not ask for first. */
  readonly client: KinesisClient;
  stop(): Promise<void>;
};

export async function startKinesis(): Promise<KinesisServer> {
  const options = { port: 0, host: '127.0.0.1', dataDir: '', takeOver: false } as const;
  const server = await serve({ ...options, store: 'memory' }, { LOGBROOK_LOG_LEVEL: 'silent' });
  const client = clientOf(server.url);
  return {
    url: server.url,
    client,
    async stop() {
      client.destroy();
      await server.stop();
    },
  };
}

export function clientOf(endpoint: string): KinesisClient {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  return new KinesisClient({ endpoint, region, credentials, maxAttempts: 1 });
}

/** Name and text of what a call fails with. */
export async function failureOf(call: Promise<unknown>): Promise<[name: string, message: string]> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Error)) throw new Error('the call did not fail');
  return [error.name, error.message];
}

export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: each test knows what it asked for
  readonly json: any;
};

export type FaceAlone = {
  readonly broker: Broker;
  readonly stores: Stores;
  call(action: string, input: unknown, type?: string): Promise<Answer>;
  send(body: Uint8Array | string, headers: Record<string, string>): Promise<Answer>;
  /** Moves the clock. */
  advance(ms: number): void;
};

type Given = Partial<FaceDeps> & { readonly stores?: Stores; readonly access?: Access };

export function faceAlone(given: Given = {}): FaceAlone {
  const { stores = createMemoryStores(), access = createOpenAccess() } = given;
  let shiftMs = 0;
  const plain = createNodeWorld(createJsonLogger('silent'));
  const clock = { ...plain.clock, nowMs: () => plain.clock.nowMs() + shiftMs };
  const world = { ...plain, clock };
  const broker = createBroker(stores, nodeCodecs, world, brokerDefaults);
  const face = createKinesisFace({
    broker,
    codecs: nodeCodecs,
    world,
    account: { region, accountId: '000000000000' },
    settings: kinesisDefaults,
    tokenKey: storedTokenKey(stores.objects),
    readBody: readWebBody,
    admission: createAdmission(access, createAuditLog(broker, nodeCodecs, world)),
    ...given,
  });
  async function send(body: Uint8Array | string, headers: Record<string, string>): Promise<Answer> {
    const init = { method: 'POST', headers, body: body as BodyInit };
    const response = await face(new Request('http://kinesis.localhost/', init), {});
    const bytes = new Uint8Array(await response.arrayBuffer());
    const text = Buffer.from(bytes).toString();
    const isJson = response.headers.get('content-type')?.includes('json') && text !== '';
    const json = isJson ? JSON.parse(text) : undefined;
    return { status: response.status, headers: response.headers, bytes, text, json };
  }
  return {
    broker,
    stores,
    send,
    call: (action, input, type = jsonType) =>
      send(type === cborType ? encodeCbor(input) : JSON.stringify(input), {
        'content-type': type,
        'x-amz-target': `Kinesis_20131202.${action}`,
      }),
    advance(ms) {
      shiftMs += ms;
    },
  };
}
