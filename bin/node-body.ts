/**
 * Request bodies straight from Node's stream: a megabyte through a web stream costs as much as storing
 * it does.
 */

import type { IncomingMessage } from 'node:http';
import {
  bodyCutOff,
  bodyTooLarge,
  checkDeclaredLength,
  type ReadBody,
  readWebBody,
} from '../lib/http/read-body.js';

export const readNodeBody: ReadBody = (request, env, bytesMax) => {
  const incoming = (env as { incoming?: IncomingMessage } | undefined)?.incoming;
  if (!incoming || typeof incoming.on !== 'function') return readWebBody(request, env, bytesMax);
  checkDeclaredLength(request.headers, bytesMax);
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let sizeBytes = 0;
    incoming.on('data', (chunk: Uint8Array) => {
      sizeBytes += chunk.length;
      if (sizeBytes <= bytesMax) chunks.push(chunk);
      else reject(bodyTooLarge(bytesMax));
    });
    let complete = false;
    incoming.on('end', () => {
      complete = true;
      resolve(chunks);
    });
    // Every request closes in the end: an error is made only for one that is cut off.
    const cutOff = () => {
      if (!complete) reject(bodyCutOff());
    };
    incoming.on('close', cutOff);
    incoming.on('error', cutOff);
    // The sender may have gone before we came to listen: then no event is left to come.
    if (incoming.destroyed) cutOff();
  });
};
