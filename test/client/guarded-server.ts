/** The app behind its check of callers, as the client's and the CLI's `fetch`. */

import { createHttpClient, type HttpClient } from '../../lib/client/http-client.js';
import { type GuardedApi, guardedApi } from '../http/guarded-api.js';
import type { Fetch } from '../support/fetch.js';
import { eagerTiming, testUrl } from './in-process-server.js';

export type GuardedServer = {
  readonly api: GuardedApi;
  readonly fetch: Fetch;
  /** With a key as `<id>.<secret>`, or a token. */
  clientOf(key?: string, fetch?: Fetch): HttpClient;
};

export function startGuardedServer(): GuardedServer {
  const api = guardedApi();
  const fetch: Fetch = async (url, init) => {
    const { pathname, search } = new URL(url);
    return api.fetch(pathname + search, init);
  };
  return {
    api,
    fetch,
    clientOf: (key, given = fetch) =>
      createHttpClient({
        ...{ url: testUrl, timing: eagerTiming, fetch: given },
        ...(key !== undefined && { key }),
      }),
  };
}
