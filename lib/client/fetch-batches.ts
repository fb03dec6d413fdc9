/**
 * Fetching a partition's batches as they are stored: a third of the bytes and none of the work that JSON
 * takes. Their place comes in headers.
 */

import { batchContentType, fetchHeaders } from '../contract/media-types.js';
import type { CallOptions } from './call.js';
import { LogbrookError } from './logbrook-error.js';
import { briefRetry, type Timing, withRetry } from './retry.js';
import type { Answer, HttpRequest, Transport } from './transport.js';

export type FetchedBatches = {
  /** RecordBatches, one after another; empty at the end of the log. */
  readonly batches: Uint8Array;
  readonly nextOffset: number;
  readonly logStartOffset: number;
  readonly highWatermark: number;
};

export type FetchBatchesOptions = CallOptions & {
  /** Where the answer will end, before its bytes are here; again if it has to be fetched again. */
  readonly onPlaced?: ((nextOffset: number) => void) | undefined;
};

export function fetchBatches(
  { transport, timing }: { readonly transport: Transport; readonly timing: Timing },
  request: Pick<HttpRequest, 'path' | 'query' | 'timeoutMs'>,
  { retry: policy = briefRetry, onRetry, signal, onPlaced }: FetchBatchesOptions = {},
): Promise<FetchedBatches> {
  const attempt = async () => {
    const headers = { accept: batchContentType };
    const answer = await transport.open({ ...request, method: 'GET', headers, signal });
    try {
      const { response } = answer;
      const places = await placesIn(response);
      onPlaced?.(places.nextOffset);
      return { batches: new Uint8Array(await response.arrayBuffer()), ...places };
    } catch (error) {
      throw answer.errorOf(error);
    } finally {
      answer.close();
    }
  };
  return withRetry(timing, { policy, when: 'always', signal, onRetry }, attempt);
}

async function placesIn(response: Answer): Promise<Omit<FetchedBatches, 'batches'>> {
  const place = (name: keyof typeof fetchHeaders) => placeIn(response, fetchHeaders[name]);
  try {
    return {
      nextOffset: place('nextOffset'),
      logStartOffset: place('logStartOffset'),
      highWatermark: place('highWatermark'),
    };
  } catch (error) {
    await response.body?.cancel();
    throw error;
  }
}

/** Something in between may have dropped a header: going on from a guess would skip records. */
function placeIn(response: Answer, name: string): number {
  const value = response.headers.get(name);
  if (value !== null && /^\d{1,16}$/.test(value)) return Number(value);
  throw new LogbrookError(`The answer lacks the header ${name}. Is a proxy dropping it?`, {
    code: 'UNKNOWN_SERVER_ERROR',
    status: response.status,
    retriable: false,
    sideEffects: 'none',
  });
}
