/**
 * Errors leave here, once for the whole face: every code has its status and says whether to try again.
 */

import type * as z from 'zod';
import {
  type BrokerError,
  brokerErrorOf,
  type ErrorCode,
  type SideEffects,
} from '../broker/broker-error.js';
import { type Problem, problemContentType } from '../contract/errors.js';

type Meaning = { readonly status: number; readonly retriable: boolean; readonly title: string };

export const meanings = {
  CLUSTER_AUTHORIZATION_FAILED: { status: 403, retriable: false, title: 'Not allowed' },
  COORDINATOR_NOT_AVAILABLE: { status: 503, retriable: true, title: 'Group is busy' },
  CORRUPT_MESSAGE: { status: 400, retriable: false, title: 'Corrupt record batch' },
  DUPLICATE_SEQUENCE_NUMBER: { status: 409, retriable: false, title: 'Written before' },
  EXPECTED_OFFSET_MISMATCH: { status: 412, retriable: false, title: 'The log ends elsewhere' },
  FENCED_INSTANCE_ID: { status: 409, retriable: false, title: 'Fenced by another member' },
  FENCED_MEMBER_EPOCH: { status: 409, retriable: false, title: 'Fenced by another epoch' },
  FENCING_TOKEN_MISMATCH: { status: 412, retriable: false, title: 'Fenced by another token' },
  GROUP_AUTHORIZATION_FAILED: { status: 403, retriable: false, title: 'Group not allowed' },
  GROUP_ID_NOT_FOUND: { status: 404, retriable: false, title: 'No such group' },
  GROUP_MAX_SIZE_REACHED: { status: 409, retriable: false, title: 'Group is full' },
  GROUP_SUBSCRIBED_TO_TOPIC: { status: 409, retriable: false, title: 'Group reads the topic' },
  ILLEGAL_GENERATION: { status: 409, retriable: false, title: 'Not the owner in this epoch' },
  INVALID_CONFIG: { status: 400, retriable: false, title: 'Invalid topic setting' },
  INVALID_GROUP_ID: { status: 400, retriable: false, title: 'Invalid group id' },
  INVALID_PARTITIONS: { status: 400, retriable: false, title: 'Invalid number of partitions' },
  INVALID_PRODUCER_EPOCH: { status: 409, retriable: false, title: 'Fenced by a newer epoch' },
  INVALID_RECORD: { status: 400, retriable: false, title: 'Invalid record' },
  INVALID_REGULAR_EXPRESSION: { status: 400, retriable: false, title: 'Invalid pattern' },
  INVALID_REQUEST: { status: 400, retriable: false, title: 'Invalid request' },
  INVALID_REQUIRED_ACKS: { status: 400, retriable: false, title: 'Invalid acks' },
  INVALID_SESSION_TIMEOUT: { status: 400, retriable: false, title: 'Invalid session timeout' },
  INVALID_TIMESTAMP: { status: 400, retriable: false, title: 'Invalid timestamp' },
  INVALID_TOPIC_EXCEPTION: { status: 400, retriable: false, title: 'Invalid topic name' },
  KAFKA_STORAGE_ERROR: { status: 503, retriable: true, title: 'Storage failed' },
  MESSAGE_TOO_LARGE: { status: 413, retriable: false, title: 'Too large' },
  NON_EMPTY_GROUP: { status: 409, retriable: false, title: 'Group has members' },
  OFFSET_BEHIND_COMMITTED: { status: 409, retriable: false, title: 'Committed further already' },
  OFFSET_METADATA_TOO_LARGE: { status: 400, retriable: false, title: 'Metadata too large' },
  OFFSET_OUT_OF_RANGE: { status: 416, retriable: false, title: 'Offset out of range' },
  OUT_OF_ORDER_SEQUENCE_NUMBER: { status: 409, retriable: false, title: 'Sequence gap' },
  PARTITION_CLOSED: { status: 409, retriable: false, title: 'Partition closed' },
  REBALANCE_IN_PROGRESS: { status: 503, retriable: true, title: 'Group is changing' },
  RECORD_LIST_TOO_LARGE: { status: 413, retriable: false, title: 'Too many records' },
  REQUEST_TIMED_OUT: { status: 504, retriable: true, title: 'Timed out' },
  RESOURCE_NOT_FOUND: { status: 404, retriable: false, title: 'No such key' },
  SASL_AUTHENTICATION_FAILED: { status: 401, retriable: false, title: 'Access key needed' },
  THROTTLING_QUOTA_EXCEEDED: { status: 429, retriable: true, title: 'Throttled' },
  TOPIC_ALREADY_EXISTS: { status: 409, retriable: false, title: 'Topic exists' },
  TOPIC_AUTHORIZATION_FAILED: { status: 403, retriable: false, title: 'Topic not allowed' },
  UNKNOWN_MEMBER_ID: { status: 409, retriable: false, title: 'Not a member' },
  UNKNOWN_PRODUCER_ID: { status: 409, retriable: false, title: 'Unknown producer' },
  UNKNOWN_SERVER_ERROR: { status: 500, retriable: true, title: 'Server error' },
  UNKNOWN_TOPIC_OR_PARTITION: {
    status: 404,
    retriable: false,
    title: 'No such topic or partition',
  },
  UNRELEASED_INSTANCE_ID: { status: 409, retriable: false, title: 'Instance is in use' },
  UNSUPPORTED_COMPRESSION_TYPE: { status: 415, retriable: false, title: 'Unsupported compression' },
} as const satisfies Record<ErrorCode, Meaning>;

export type FieldProblem = { readonly field: string; readonly message: string };

/** A request that is wrong as HTTP: it never reached the broker. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly status: number;
  readonly errors: readonly FieldProblem[];

  constructor(
    status: 400 | 404 | 405 | 415,
    message: string,
    errors: readonly FieldProblem[] = [],
  ) {
    super(message);
    this.status = status;
    this.errors = errors;
  }
}

/** `effectMax` is `none` where the request could not have changed anything. */
export function problemOf(error: unknown, effectMax: SideEffects = 'unknown'): Problem {
  if (error instanceof RequestError) {
    const problem = baseProblem('INVALID_REQUEST', error.message, 'none');
    const errors = error.errors.length > 0 ? { errors: [...error.errors] } : {};
    return { ...problem, status: error.status, ...errors };
  }
  const failure: BrokerError = brokerErrorOf(error, effectMax);
  return {
    ...failure.details,
    ...baseProblem(failure.code, failure.message, failure.sideEffects),
  };
}

function baseProblem(code: ErrorCode, detail: string, sideEffects: 'none' | 'unknown'): Problem {
  const { status, retriable, title } = meanings[code];
  return {
    type: `urn:logbrook:error:${code}`,
    title,
    status,
    detail,
    code,
    retriable,
    sideEffects,
  };
}

/** An answer before a host gives it its own form. */
export type WrittenAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
};

export function problemAnswer(
  problem: Problem,
  extraHeaders: Readonly<Record<string, string>> = {},
): WrittenAnswer {
  const { status } = problem;
  const comeAgain: Record<string, string> =
    status === 429 || status === 503 ? { 'retry-after': '1' } : {};
  const headers = { ...comeAgain, ...extraHeaders, 'content-type': problemContentType };
  return { status, headers, text: JSON.stringify(problem) };
}

export function problemResponse(
  problem: Problem,
  extraHeaders: Readonly<Record<string, string>> = {},
): Response {
  const { status, headers, text } = problemAnswer(problem, extraHeaders);
  return new Response(text, { status, headers });
}

/** Names every field that a schema refused. */
export function fieldProblems(error: z.ZodError, prefix = ''): FieldProblem[] {
  return error.issues.slice(0, 20).map((issue) => ({
    field: prefix + issue.path.map((part) => String(part)).join('.') || '(whole)',
    message: isMissing(issue) ? 'is required' : issue.message,
  }));
}

function isMissing(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'invalid_type' && (issue.expected as string) === 'nonoptional';
}

export function invalid(where: string, problems: readonly FieldProblem[]): RequestError {
  const first = problems[0];
  const what = first ? `${first.field}: ${first.message}` : 'malformed';
  return new RequestError(400, `Invalid ${where}: ${what}.`, problems);
}
