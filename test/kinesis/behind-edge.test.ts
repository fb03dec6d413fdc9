/**
 * The whole server behind something that calls it by another name, as CloudFront does: what clients signed
 * for the name that they used holds if the edge proves itself, and not otherwise.
 */

import { createServer, request } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { KinesisClient, ListStreamsCommand } from '@aws-sdk/client-kinesis';
import { afterEach, expect, test } from 'vitest';
import { type RunningServer, serve } from '../../bin/serve.js';
import { rootKeyId } from '../../lib/access/access-key.js';
import { edgeSecretHeader, viewerHostHeader } from '../../lib/access/viewer-host.js';
import { rootSecret } from '../support/test-keys.js';
import { failureOf, region } from './kinesis-server.js';

const edgeSecret = 'EdgeSecretOfTheTests0123456789abcdefABCD';
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(environment: Record<string, string> = {}): Promise<RunningServer> {
  const server = await serve(
    {
      ...{ port: 0, host: '127.0.0.1', store: 'memory', dataDir: '', takeOver: false },
      requireKeys: true,
    },
    {
      ...{ LOGBROOK_LOG_LEVEL: 'silent', LOGBROOK_ROOT_KEY: `${rootKeyId}.${rootSecret}` },
      ...environment,
    },
  );
  closers.push(server.stop);
  return server;
}

type Add = (viewerHost: string) => Record<string, string>;

/** What CloudFront does, as far as signatures go: another Host, and headers of its own. */
async function startEdge(origin: RunningServer, add: Add, http2 = true): Promise<string> {
  const pass: Parameters<typeof createServer>[1] = (incoming, outgoing) => {
    const kept = Object.entries(incoming.headers).filter(([name]) => !/^:|^host$/.test(name));
    const viewerHost = String(incoming.headers[':authority'] ?? incoming.headers.host);
    const headers = { ...Object.fromEntries(kept), ...add(viewerHost) };
    const sent = request(
      new URL(incoming.url ?? '/', origin.url),
      { method: incoming.method, headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, {
          'content-type': answer.headers['content-type'],
        });
        answer.pipe(outgoing);
      },
    );
    incoming.pipe(sent);
  };
  const server = (http2 ? createHttp2Server(pass as never) : createServer(pass)) as Server;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function clientOf(endpoint: string): KinesisClient {
  const credentials = { accessKeyId: rootKeyId, secretAccessKey: rootSecret };
  const client = new KinesisClient({ endpoint, region, credentials, maxAttempts: 1 });
  closers.push(() => client.destroy());
  return client;
}

const proven: Add = (viewerHost) => ({
  [viewerHostHeader]: viewerHost,
  [edgeSecretHeader]: edgeSecret,
});
const refused = [
  'UnrecognizedClientException',
  'The security token included in the request is invalid.',
];

test('the unmodified SDK signs for the edge, over HTTP/2, and is let in', async () => {
  const server = await start({ LOGBROOK_EDGE_SECRET: edgeSecret });
  const client = clientOf(await startEdge(server, proven));
  expect((await client.send(new ListStreamsCommand({}))).StreamNames).toEqual([]);
  // By its own name the server is still called as before.
  const direct = clientOf(server.url);
  expect((await direct.send(new ListStreamsCommand({}))).StreamNames).toEqual([]);
});

test.each<[string, Add, Record<string, string>]>([
  ['does not prove itself', (host) => ({ [viewerHostHeader]: host }), {}],
  [
    'proves itself wrongly',
    (host) => ({ [viewerHostHeader]: host, [edgeSecretHeader]: `${edgeSecret}x` }),
    {},
  ],
  ['tells no name', () => ({ [edgeSecretHeader]: edgeSecret }), {}],
  ['tells another name', () => proven('else.example.com'), {}],
  ['is not known to the server', proven, { LOGBROOK_EDGE_SECRET: '' }],
])('nobody is let in by a signature behind an edge that %s', async (_name, add, environment) => {
  const server = await start({ LOGBROOK_EDGE_SECRET: edgeSecret, ...environment });
  const client = clientOf(await startEdge(server, add));
  expect(await failureOf(client.send(new ListStreamsCommand({})))).toEqual(refused);
});

test('a signature for the server itself does not hold for another name that is told', async () => {
  const server = await start({ LOGBROOK_EDGE_SECRET: edgeSecret });
  const client = clientOf(server.url);
  client.middlewareStack.add(
    (next) => (args) => {
      Object.assign((args.request as { headers: object }).headers, proven('else.example.com'));
      return next(args);
    },
    { step: 'finalizeRequest', priority: 'low' },
  );
  expect(await failureOf(client.send(new ListStreamsCommand({})))).toEqual(refused);
});

test('a page of the edge may use Basic, for it is of the same origin; others may not', async () => {
  const server = await start({ LOGBROOK_EDGE_SECRET: edgeSecret });
  const edge = await startEdge(server, proven, false);
  const basic = Buffer.from(`${rootKeyId}:${rootSecret}`).toString('base64');
  const statusFrom = async (origin: string) => {
    const headers = { authorization: `Basic ${basic}`, origin };
    return (await fetch(`${edge}/v1/topics`, { headers })).status;
  };
  expect(await statusFrom(edge)).toBe(200);
  expect(await statusFrom('https://else.example.com')).toBe(403);
});
