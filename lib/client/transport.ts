/**
 * One HTTP exchange: a request with a deadline goes out; what comes back is the answer's JSON, or a
 * `LogbrookError`. Does not retry. A caller's abort rejects with the reason of its signal.
 */

import {
  connectionError,
  isProblem,
  LogbrookError,
  problemError,
  withoutEffect,
} from './logbrook-error.js';

/** What of `fetch` is needed; the global one will do, and what can stand in for it. */
export type Exchange = (url: string, init: ExchangeInit) => Promise<Answer>;
export type ExchangeInit = {
  readonly method: string;
  readonly headers: Record<string, string>;
  /** Bytes are sent as they are: the type only rules out memory shared between threads. */
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly signal: AbortSignal;
  readonly redirect: 'error';
  readonly window: null;
};
export type Answer = Pick<Response, 'ok' | 'status' | 'body' | 'json' | 'arrayBuffer'> & {
  readonly headers: Pick<Headers, 'get'>;
};

export type HttpRequest = {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
};

/** An answer whose body is still to be read. */
export type OpenAnswer = {
  readonly response: Answer;
  /** Gives what follows this much time, from now on. */
  extend(timeoutMs: number): void;
  /** What a failure while reading means. */
  errorOf(error: unknown): unknown;
  close(): void;
};

export type Transport = {
  /** Where it sends to, without a slash at the end. */
  readonly url: string;
  /** The answer's JSON; undefined for an answer without content. */
  exchange<T>(request: HttpRequest): Promise<T>;
  /** The answer as soon as it begins; its reader closes it. */
  open(request: HttpRequest): Promise<OpenAnswer>;
};

/**
 * `key`: `<key id>.<secret>` or a token, sent along with every request. Throws `TypeError` for what is no
 * http or https URL, and for a key that cannot stand in a header.
 */
export function createTransport(baseUrl: string, exchange: Exchange, key?: string): Transport {
  const base = new URL(baseUrl);
  if (!/^https?:$/.test(base.protocol)) throw new TypeError(`${baseUrl} is not an http(s) URL`);
  const credentials = credentialsOf(key);
  const url = `${base.origin}${base.pathname.replace(/\/+$/, '')}`;

  async function open(request: HttpRequest): Promise<OpenAnswer> {
    const { method, path, query, headers, body, signal } = request;
    const deadline = startDeadline(request);
    const failure = (error: unknown) => {
      if (error instanceof LogbrookError) return error;
      return deadline.passed() ? timedOut(url, deadline.timeoutMs()) : connectionError(error, url);
    };
    const errorOf = (error: unknown) => {
      if (signal?.aborted) return signal.reason;
      return method === 'GET' ? withoutEffect(failure(error)) : failure(error);
    };
    try {
      const response = await exchange(url + path + queryString(query), {
        method,
        headers: { accept: 'application/json', ...credentials, ...headers },
        ...(body !== undefined && { body: body as string | Uint8Array<ArrayBuffer> }),
        signal: deadline.signal,
        ...direct,
      });
      signal?.throwIfAborted();
      if (!response.ok) throw await failureOf(response, url);
      return { response, extend: deadline.extend, errorOf, close: deadline.clear };
    } catch (error) {
      deadline.clear();
      throw errorOf(error);
    }
  }

  return {
    url,
    open,
    async exchange<T>(request: HttpRequest) {
      const { response, errorOf, close } = await open(request);
      try {
        if (response.status === 204) return undefined as T;
        return (await jsonOf(response, url)) as T;
      } catch (error) {
        throw errorOf(error);
      } finally {
        close();
      }
    },
  };
}

/**
 * Nothing of ours redirects, and a key must not go where it was not meant for. Said together, these two
 * also spare Node a copy of every body that it would keep for a second request.
 */
const direct = { redirect: 'error', window: null } as const;

function credentialsOf(key: string | undefined): Readonly<Record<string, string>> {
  if (key === undefined) return {};
  // The key itself is never shown, not even when it is wrong.
  if (!/^[\x21-\x7e]+$/.test(key)) throw new TypeError('the access key has characters no key has');
  return { authorization: `Bearer ${key.replace(/^(LB[A-Z2-7]+):/, '$1.')}` };
}

type Deadline = {
  readonly signal: AbortSignal;
  timeoutMs(): number;
  passed(): boolean;
  extend(timeoutMs: number): void;
  clear(): void;
};

/** By hand: `AbortSignal.any` over a long-lived signal remembers every request that used it. */
function startDeadline({ timeoutMs: firstTimeoutMs, signal }: HttpRequest): Deadline {
  const controller = new AbortController();
  let timeoutMs = firstTimeoutMs;
  let passed = false;
  const expire = () => {
    passed = true;
    controller.abort();
  };
  let timer = setTimeout(expire, timeoutMs);
  const forward = () => controller.abort(signal?.reason);
  if (signal?.aborted) forward();
  signal?.addEventListener('abort', forward, { once: true });
  return {
    signal: controller.signal,
    timeoutMs: () => timeoutMs,
    passed: () => passed,
    extend(nextTimeoutMs) {
      timeoutMs = nextTimeoutMs;
      clearTimeout(timer);
      timer = setTimeout(expire, timeoutMs);
    },
    clear() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', forward);
    },
  };
}

function queryString(query: HttpRequest['query'] = {}): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
}

async function jsonOf(response: Answer, url: string): Promise<unknown> {
  const type = response.headers.get('content-type') ?? '';
  if (/^application\/([\w.-]+\+)?json\b/.test(type)) return await response.json();
  await response.body?.cancel();
  throw notLogbrook(response, url);
}

async function failureOf(response: Answer, url: string): Promise<LogbrookError> {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  const retryAfterMs = Number.isFinite(seconds) ? seconds * 1_000 : undefined;
  const body: unknown = await response.json().catch(() => undefined);
  return isProblem(body)
    ? problemError(body, retryAfterMs)
    : notLogbrook(response, url, retryAfterMs);
}

/** An answer of something in between, or of another server altogether. */
function notLogbrook({ status, headers }: Answer, url: string, retryAfterMs?: number) {
  const type = headers.get('content-type') ?? 'no content type';
  const busy = [408, 429, 500, 502, 503, 504].includes(status);
  const advice = busy ? '' : ' Is this the URL of a Logbrook server?';
  return new LogbrookError(`${url} answered ${status} (${type}), not as Logbrook does.${advice}`, {
    code: 'UNKNOWN_SERVER_ERROR',
    status,
    retriable: busy,
    sideEffects: status === 429 || (status >= 400 && status < 500) ? 'none' : 'unknown',
    details: { url },
    retryAfterMs,
  });
}

function timedOut(url: string, timeoutMs: number): LogbrookError {
  return new LogbrookError(`${url} did not answer within ${timeoutMs / 1_000} s.`, {
    code: 'REQUEST_TIMED_OUT',
    status: 0,
    retriable: true,
    sideEffects: 'unknown',
    details: { url, timeoutMs },
  });
}
