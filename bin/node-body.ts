/**
 * Request bodies straight from Node's stream: a megabyte through a web stream costs as much as storing
 * it does.
 */

import type { IncomingMessage } from 'node:http';
import {
  bodyCutOff,
  bodyTooLarge,
  checkDeclaredLength,
  joinChunks,
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
    incoming.on('end', () => resolve(joinChunks(chunks, sizeBytes)));
    const cutOff = () => reject(bodyCutOff());
    incoming.on('close', cutOff);
    incoming.on('error', cutOff);
    // The sender may have gone before we came to listen: then no event is left to come.
    if (incoming.destroyed) cutOff();
  });
};
