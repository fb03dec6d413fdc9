/** lambda/compose.js and lambda/api.js: what a cold start needs, and what it says when that is missing. */

import { Buffer } from 'node:buffer';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { compose } from '../../lambda/compose.js';
import { createMemoryStores } from '../../lib/store/memory/memory-store.js';
import { urlEvent } from './events.js';
import { fakeLambda, invoke, type StreamingHandler } from './fake-lambda.js';

const names = {
  LOGBROOK_TABLE: 'table',
  LOGBROOK_BUCKET: 'bucket',
  LOGBROOK_KMS_KEY: 'key',
  LOGBROOK_ROOT_SECRET_ARN: 'secret',
};

afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  vi.resetModules();
});

describe('a cold start', () => {
  test('tells all problems of its settings in one message', () => {
    const environment = { LOGBROOK_TOPIC_CACHE_MS: 'soon', LOGBROOK_LOG_LEVEL: 'loud' };
    expect(() => compose(environment)).toThrow(
      /LOGBROOK_TABLE is not set; LOGBROOK_BUCKET is not set; LOGBROOK_KMS_KEY is not set; LOGBROOK_ROOT_SECRET_ARN is not set; .*LOGBROOK_LOG_LEVEL.*LOGBROOK_TOPIC_CACHE_MS/,
    );
  });

  test('sends nothing to AWS, and needs no region yet', () => {
    const environment = { ...names, LOGBROOK_LOG_LEVEL: 'silent', LOGBROOK_JOBS_FUNCTION: 'jobs' };
    expect(() => compose(environment)).not.toThrow();
  });
});

test.each(Object.keys(names))('it does not start without %s', (missing) => {
  expect(() => compose({ ...names, [missing]: '' })).toThrow(`${missing} is not set`);
});

test('the Kinesis face is part of the one function, and lets nobody in without a key', async () => {
  const api = compose({ ...names, LOGBROOK_LOG_LEVEL: 'silent' }, { stores: createMemoryStores() });
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'Kinesis_20131202.ListStreams',
  };
  const request = new Request('https://function.test/', { method: 'POST', headers });
  const answer = await api.fetch(request, {
    body: new Uint8Array(Buffer.from('{}')),
    event: urlEvent('POST', '/'),
  });
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ __type: 'MissingAuthenticationTokenException' });
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
    // Nothing else without a key, and no store is asked about something that is none.
    for (const authorization of ['', 'Bearer x', 'Bearer nobody.secret']) {
      const headers = { authorization };
      const refused = await invoke(handler, urlEvent('GET', '/openapi.json', { headers }));
      expect(refused.status).toBe(401);
    }
  });

  test('does not start without its settings', async () => {
    vi.stubEnv('LOGBROOK_TABLE', '');
    vi.stubEnv('LOGBROOK_BUCKET', '');
    await expect(load()).rejects.toThrow('LOGBROOK_TABLE is not set');
  });
});
