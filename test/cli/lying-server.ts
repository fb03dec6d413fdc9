/**
 * A good server behind somebody who lies: what a broken log would answer, so that it can be seen that
 * `verify` notices.
 */

import type { FetchResponse } from '../../lib/contract/records.js';
import type { Fetch } from '../support/fetch.js';

/** Changes what readers are served. */
export function lyingReads(fetch: Fetch, change: (page: FetchResponse) => FetchResponse): Fetch {
  return async (url, init) => {
    const response = await fetch(url, init);
    const isRead = init.method === 'GET' && /\/partitions\/\d+\/records/.test(url);
    if (!isRead || !response.ok) return response;
    return Response.json(change((await response.json()) as FetchResponse));
  };
}

/** Answers some appends as if they had been written. */
export function lyingAcks(fetch: Fetch, every: number): Fetch {
  let appends = 0;
  const ends = new Map<string, number>();
  return async (url, init) => {
    const path = new URL(url).pathname;
    const isAppend = init.method === 'POST' && /\/partitions\/\d+\/records$/.test(path);
    if (isAppend && ++appends % every === 0) {
      const baseOffset = ends.get(path) ?? 0;
      return Response.json({ topic: 't', partition: 0, baseOffset, duplicate: false });
    }
    const response = await fetch(url, init);
    if (isAppend && response.ok) {
      ends.set(path, ((await response.clone().json()) as { nextOffset: number }).nextOffset);
    }
    return response;
  };
}

/** Passes some appends on twice: each is in the log two times. */
export function repeatingAppends(fetch: Fetch, every: number): Fetch {
  let appends = 0;
  return async (url, init) => {
    const isAppend = init.method === 'POST' && /\/records(\?|$)/.test(url);
    if (isAppend && ++appends % every === 0) await fetch(url, init);
    return fetch(url, init);
  };
}
