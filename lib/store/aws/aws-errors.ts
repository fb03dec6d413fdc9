/**
 * What the SDK and the network throw, as `StoreError`. Only what is expected is mapped, by name; all
 * else passes through: a bug of ours must not look like weather.
 *
 * `effect` speaks for the whole call. The SDK tries again by itself, so a call that ends in throttling
 * may have had its effect in an earlier attempt whose reply was lost: `rememberLostAttempts` keeps that.
 */

import { S3ServiceException } from '@aws-sdk/client-s3';
import { CorruptData } from '../../log/corrupt-data.js';
import { StoreError, type StoreErrorReason } from '../store-error.js';

type Failure = { readonly reason: StoreErrorReason; readonly effect: 'none' | 'unknown' };

const throttled: Failure = { reason: 'throttled', effect: 'none' };
const denied: Failure = { reason: 'denied', effect: 'none' };
const unreachable: Failure = { reason: 'unavailable', effect: 'none' };
const lost: Failure = { reason: 'unavailable', effect: 'unknown' };
const timedOut: Failure = { reason: 'timeout', effect: 'unknown' };

const failuresByName: Readonly<Record<string, Failure>> = {
  ProvisionedThroughputExceededException: throttled,
  ThrottlingException: throttled,
  Throttling: throttled,
  ThrottledException: throttled,
  RequestLimitExceeded: throttled,
  RequestThrottled: throttled,
  RequestThrottledException: throttled,
  TooManyRequestsException: throttled,
  // Another request has the item in a transaction: a leader that replaces index pages, for an instant.
  TransactionConflictException: throttled,
  SlowDown: throttled,
  'KMS.ThrottlingException': throttled,

  AccessDenied: denied,
  AccessDeniedException: denied,
  AllAccessDisabled: denied,
  AuthorizationHeaderMalformed: denied,
  CredentialsProviderError: denied,
  ExpiredToken: denied,
  ExpiredTokenException: denied,
  IncompleteSignatureException: denied,
  InvalidAccessKeyId: denied,
  InvalidSignatureException: denied,
  InvalidToken: denied,
  MissingAuthenticationTokenException: denied,
  RequestExpired: denied,
  RequestTimeTooSkewed: denied,
  SignatureDoesNotMatch: denied,
  UnrecognizedClientException: denied,

  // The table or the bucket itself is gone: nothing that a caller did, and it may come back.
  NoSuchBucket: unreachable,
  ResourceNotFoundException: unreachable,
  // The body was damaged or cut on its way in.
  BadDigest: unreachable,
  IncompleteBody: unreachable,

  TimeoutError: timedOut,
  AbortError: timedOut,
  RequestTimeout: timedOut,
  RequestTimeoutException: timedOut,
};

/** The SDK names some of these `TimeoutError`; the code says more. */
const failuresByCode: Readonly<Record<string, Failure>> = {
  ECONNREFUSED: unreachable,
  ENOTFOUND: unreachable,
  EAI_AGAIN: unreachable,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  ECONNRESET: lost,
  EPIPE: lost,
  ETIMEDOUT: timedOut,
};

/** What one attempt's error means for that attempt; undefined: none of ours. */
function failureOf(error: Error): Failure | undefined {
  const { code } = error as { code?: unknown };
  const known = (typeof code === 'string' && failuresByCode[code]) || failuresByName[error.name];
  if (known) return known;
  if (error.name.startsWith('KMS')) return denied;
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode ?? 0;
  // S3 asks for a slower rate by 503, under several names; from DynamoDB it is a failure like others.
  if (status === 503 && error instanceof S3ServiceException) return throttled;
  return status >= 500 ? lost : undefined;
}

/** For errors that arrive inside a reply, as a code alone. */
export function reasonOfCode(code: string | undefined): StoreErrorReason {
  return failuresByName[code ?? '']?.reason ?? 'unavailable';
}

export function toStoreError(error: unknown, access: 'read' | 'write'): StoreError | undefined {
  const failure = error instanceof Error ? failureOf(error) : undefined;
  if (!failure) return undefined;
  const { name, message } = error as Error;
  const effect =
    access === 'write' && attemptsLost.has(error as Error) ? 'unknown' : failure.effect;
  return new StoreError(`${name}: ${message}`, {
    reason: failure.reason,
    effect: access === 'read' ? 'none' : effect,
    cause: error,
  });
}

/** The reply to an SDK call; its failure as `StoreError` where it is one. */
export async function replyTo<T>(access: 'read' | 'write', call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw toStoreError(error, access) ?? error;
  }
}

/** Decodes what is stored; `effect` is what the call that brought it has had. */
export function decodeStored<T>(effect: 'none' | 'unknown', decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof CorruptData)) throw error;
    throw new StoreError(error.message, { reason: 'corrupt', effect, cause: error });
  }
}

const attemptsLost = new WeakSet<Error>();

/** Middleware, right inside the SDK's retries: marks errors of calls of which an attempt was lost. */
function rememberLostAttempts<Args, Output>(
  next: (args: Args) => Promise<Output>,
): (args: Args) => Promise<Output> {
  let anyLost = false;
  return async (args) => {
    try {
      return await next(args);
    } catch (error) {
      if (error instanceof Error) {
        anyLost ||= failureOf(error)?.effect === 'unknown';
        if (anyLost) attemptsLost.add(error);
      }
      throw error;
    }
  };
}

type Retrying = {
  readonly middlewareStack: {
    addRelativeTo(
      middleware: typeof rememberLostAttempts,
      options: { name: string; relation: 'after'; toMiddleware: string; override: true },
    ): void;
  };
};

/** To be called once for each client; a second time does nothing. */
export function trackLostAttempts(client: Retrying): void {
  client.middlewareStack.addRelativeTo(rememberLostAttempts, {
    name: 'rememberLostAttempts',
    relation: 'after',
    toMiddleware: 'retryMiddleware',
    override: true,
  });
}
