/**
 * Events as a Function URL sends them: payload format 2.0, names of headers in lower case, the path
 * percent-encoded, and every body in base64 that is not of a content type known to be text. With the
 * root key, unless other headers say otherwise.
 */

import type { LambdaFunctionURLEvent } from 'aws-lambda';
import { rootBearer } from '../support/test-keys.js';

export type Sent = {
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
  readonly cookies?: string[];
};

const host = 'abcdefghijklmnopqrstuvwxyz012345.lambda-url.eu-central-1.on.aws';
const textTypes = /^(text\/|application\/(json|xml|javascript)\b)/;

export function urlEvent(method: string, target: string, sent: Sent = {}): LambdaFunctionURLEvent {
  const [rawPath = '/', rawQueryString = ''] = target.split('?');
  const { headers = {}, body, cookies } = sent;
  const isText = textTypes.test(headers['content-type'] ?? '');
  const bytes = body === undefined ? undefined : Buffer.from(body);
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString,
    ...(cookies && { cookies }),
    headers: {
      host,
      accept: '*/*',
      authorization: rootBearer,
      'x-amzn-trace-id': 'Root=1-6abcdef0-0123456789abcdef01234567',
      'x-forwarded-for': '203.0.113.7',
      'x-forwarded-port': '443',
      'x-forwarded-proto': 'https',
      ...(bytes && { 'content-length': String(bytes.length) }),
      ...headers,
    },
    requestContext: {
      accountId: '123456789012',
      apiId: 'abcdefghijklmnopqrstuvwxyz012345',
      domainName: host,
      domainPrefix: 'abcdefghijklmnopqrstuvwxyz012345',
      http: {
        method,
        path: decodeURIComponent(rawPath),
        protocol: 'HTTP/1.1',
        sourceIp: '203.0.113.7',
        userAgent: 'curl/8.14.1',
      },
      requestId: '0f2b7d3e-5a5e-4a8e-9d59-2a9c8f1f7c11',
      routeKey: '$default',
      stage: '$default',
      time: '23/Nov/2026:08:00:00 +0000',
      timeEpoch: 1_795_420_800_000,
    },
    ...(bytes && { body: isText ? bytes.toString() : bytes.toString('base64') }),
    isBase64Encoded: bytes !== undefined && !isText,
  };
}

export function jsonEvent(method: string, target: string, value: unknown): LambdaFunctionURLEvent {
  const headers = { 'content-type': 'application/json' };
  return urlEvent(method, target, { headers, body: JSON.stringify(value) });
}
