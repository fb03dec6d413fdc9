/** lambda/compose.js and lambda/api.js: what a cold start needs, and what it says when that is missing. */

import { Buffer } from 'node:buffer';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { compose } from '../../lambda/compose.js';
import { createMemoryStores } from '../../lib/store/memory/memory-store.js';
import { urlEvent } from './events.js';
import { fakeLambda, invoke, type StreamingHandler } from './fake-lambda.js';

const names = { LOGBROOK_TABLE: 'table', LOGBROOK_BUCKET: 'bucket' };

afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  vi.resetModules();
});

describe('a cold start', () => {
  test('tells all problems of its settings in one message', () => {
    const environment = { LOGBROOK_TOPIC_CACHE_MS: 'soon', LOGBROOK_LOG_LEVEL: 'loud' };
    expect(() => compose(environment)).toThrow(
      /LOGBROOK_TABLE is not set; LOGBROOK_BUCKET is not set; .*LOGBROOK_LOG_LEVEL.*LOGBROOK_TOPIC_CACHE_MS/,
    );
  });

  test('sends nothing to AWS, and needs no region yet', () => {
    expect(() => compose({ ...names, LOGBROOK_LOG_LEVEL: 'silent' })).not.toThrow();
  });
});

test('the Kinesis face is part of the one function', async () => {
  const api = compose({ ...names, LOGBROOK_LOG_LEVEL: 'silent' }, { stores: createMemoryStores() });
  const call = async (action: string, input: unknown) => {
    const headers = {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `Kinesis_20131202.${action}`,
    };
    const request = new Request('https://function.test/', { method: 'POST', headers });
    const body = new Uint8Array(Buffer.from(JSON.stringify(input)));
    return api.fetch(request, { body, event: urlEvent('POST', '/') });
  };
  expect((await call('CreateStream', { StreamName: 's', ShardCount: 1 })).status).toBe(200);
  const put = await call('PutRecord', { StreamName: 's', PartitionKey: 'k', Data: 'eA==' });
  expect(await put.json()).toMatchObject({ ShardId: 'shardId-000000000000' });
  await api.idle();
});

describe('the deployed handler', () => {
  async function load(): Promise<StreamingHandler> {
    vi.stubGlobal('awslambda', fakeLambda);
    const { handler } = await import('../../lambda/api.js');
    return handler as unknown as StreamingHandler;
  }

  test('serves what needs no store', async () => {
    for (const [name, value] of Object.entries(names)) vi.stubEnv(name, value);
    const handler = await load();
    expect((await invoke(handler, urlEvent('GET', '/healthz'))).json).toEqual({ status: 'ok' });
    const description = await invoke(handler, urlEvent('GET', '/openapi.json'));
    expect(description.json.openapi).toBe('3.1.0');
    // Beside the source, unlike beside the bundle, there is no explorer.
    const script = await invoke(handler, urlEvent('GET', '/docs/openapi-explorer.min.js'));
    expect(script.status).toBe(404);
  });

  test('does not start without its settings', async () => {
    vi.stubEnv('LOGBROOK_TABLE', '');
    vi.stubEnv('LOGBROOK_BUCKET', '');
    await expect(load()).rejects.toThrow('LOGBROOK_TABLE is not set');
  });
});
