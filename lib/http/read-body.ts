/**
 * Request bodies: read once, capped while they arrive, so that no sender can make us hold more.
 */

import { BrokerError } from '../broker/broker-error.js';
import type { ByteParts } from '../log/byte-parts.js';
import { RequestError } from './problem.js';

/**
 * The body in the parts it came in. A host that has the bytes at hand in a cheaper way than a web stream
 * hands in its own.
 */
export type ReadBody = (request: Request, env: unknown, bytesMax: number) => Promise<ByteParts>;

export const readWebBody: ReadBody = async (request, _env, bytesMax) => {
  checkDeclaredLength(request.headers, bytesMax);
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  const reader = request.body?.getReader();
  for (;;) {
    const chunk = await reader?.read().catch(() => {
      throw bodyCutOff();
    });
    if (!chunk || chunk.done) break;
    chunks.push(chunk.value);
    sizeBytes += chunk.value.length;
    if (sizeBytes > bytesMax) {
      await reader?.cancel();
      throw bodyTooLarge(bytesMax);
    }
  }
  return chunks;
};

export function checkDeclaredLength(headers: Headers, bytesMax: number): void {
  if (Number(headers.get('content-length') ?? 0) > bytesMax) throw bodyTooLarge(bytesMax);
}

export function bodyCutOff(): RequestError {
  return new RequestError(400, 'The body ended before its length.');
}

/** Bodies come as they are: what is compressed is refused, not misread. */
export function checkContentEncoding(headers: Headers): void {
  const encoding = headers.get('content-encoding')?.trim().toLowerCase() ?? 'identity';
  if (encoding === 'identity') return;
  throw new RequestError(415, `Content-encoding ${encoding} is not supported; send it plain.`);
}

export function bodyTooLarge(bytesMax: number): BrokerError {
  return new BrokerError(
    'MESSAGE_TOO_LARGE',
    `The request body is over the limit of ${bytesMax} bytes.`,
    { details: { limitBytes: bytesMax } },
  );
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function bodyText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new RequestError(400, 'The body is not valid UTF-8.');
  }
}

export function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RequestError(400, `${where} is not valid JSON: ${(error as Error).message}.`);
  }
}
