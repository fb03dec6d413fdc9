/**
 * Takes plain appends from Node's HTTP/1.1 server before anything else sees them. What is in any way
 * more than that, it leaves alone.
 */

import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { foreignProblem } from '../lib/access/local-origin.js';
import { mediaType } from '../lib/http/decode-records.js';
import type { PlainAppend } from '../lib/http/plain-append.js';
import { requestBytesMax } from '../lib/log/limits.js';
import type { Lane } from './one-port.js';

/** For a server without access keys: there is nobody to prove, and no limit to charge. */
export function appendLane(append: PlainAppend): Lane {
  return (others) => (incoming, outgoing) => {
    const topic = topicOf(incoming);
    if (topic === undefined) others(incoming, outgoing);
    else carry(topic, append, incoming, outgoing);
  };
}

const path = /^\/v1\/topics\/(?!\.{1,2}\/)([\w.-]+)\/records$/;

/** Of a plain append. Its body has a length, within the limit: so it need not be counted as it comes. */
function topicOf({ method, url = '', headers }: IncomingMessage): string | undefined {
  const topic = method === 'POST' ? path.exec(url)?.[1] : undefined;
  if (topic === undefined) return undefined;
  if (mediaType(headers['content-type']) !== 'application/json') return undefined;
  // Of another face, or to be refused.
  if (headers['x-amz-target'] !== undefined || headers['content-encoding'] !== undefined)
    return undefined;
  const length = headers['content-length'];
  if (length === undefined || Number(length) > requestBytesMax) return undefined;
  return isForeign(headers) ? undefined : topic;
}

function isForeign({ host, origin, 'sec-fetch-site': site }: IncomingHttpHeaders): boolean {
  const provenance = { host: host ?? null, origin: origin ?? null, fetchSite: site ?? null };
  return foreignProblem(provenance) !== undefined;
}

function carry(
  topic: string,
  append: PlainAppend,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
) {
  const chunks: Uint8Array[] = [];
  incoming.on('data', (chunk: Uint8Array) => chunks.push(chunk));
  // Without an end there is nobody to answer.
  incoming.on('end', () => {
    void append(topic, chunks).then(({ status, headers, text }) => {
      outgoing.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(text) });
      outgoing.end(text);
    });
  });
}
