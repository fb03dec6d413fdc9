/**
 * The closed list of error codes: Kafka's names, and three of our own for conditions that Kafka has not.
 * Each says what may have happened; every face maps the whole list once.
 */

import { StoreError } from '../store/store-error.js';

export const errorCodes = [
  'CLUSTER_AUTHORIZATION_FAILED',
  'COORDINATOR_NOT_AVAILABLE',
  'CORRUPT_MESSAGE',
  'DUPLICATE_SEQUENCE_NUMBER',
  'EXPECTED_OFFSET_MISMATCH', // ours: `expectedOffset` is not where the log ends
  'FENCED_INSTANCE_ID',
  'FENCED_MEMBER_EPOCH',
  'FENCING_TOKEN_MISMATCH', // ours: the partition carries another fencing token
  'GROUP_AUTHORIZATION_FAILED',
  'GROUP_ID_NOT_FOUND',
  'GROUP_MAX_SIZE_REACHED',
  'GROUP_SUBSCRIBED_TO_TOPIC',
  'ILLEGAL_GENERATION',
  'INVALID_CONFIG',
  'INVALID_GROUP_ID',
  'INVALID_PARTITIONS',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_RECORD',
  'INVALID_REGULAR_EXPRESSION',
  'INVALID_REQUEST',
  'INVALID_REQUIRED_ACKS',
  'INVALID_SESSION_TIMEOUT',
  'INVALID_TIMESTAMP',
  'INVALID_TOPIC_EXCEPTION',
  'KAFKA_STORAGE_ERROR',
  'MESSAGE_TOO_LARGE',
  'NON_EMPTY_GROUP',
  'OFFSET_BEHIND_COMMITTED', // ours: only a reset moves a committed offset back
  'OFFSET_METADATA_TOO_LARGE',
  'OFFSET_OUT_OF_RANGE',
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'PARTITION_CLOSED', // ours: it takes no more records; other partitions go on in its place
  'REBALANCE_IN_PROGRESS',
  'RECORD_LIST_TOO_LARGE',
  'REQUEST_TIMED_OUT',
  'RESOURCE_NOT_FOUND',
  'SASL_AUTHENTICATION_FAILED',
  'THROTTLING_QUOTA_EXCEEDED',
  'TOPIC_ALREADY_EXISTS',
  'TOPIC_AUTHORIZATION_FAILED',
  'UNKNOWN_MEMBER_ID',
  'UNKNOWN_PRODUCER_ID',
  'UNKNOWN_SERVER_ERROR',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'UNRELEASED_INSTANCE_ID',
  'UNSUPPORTED_COMPRESSION_TYPE',
] as const;
export type ErrorCode = (typeof errorCodes)[number];

export type SideEffects = 'none' | 'unknown';

/** `details` is what a client needs to go on: earliest and latest, the expected sequence, a limit. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | null>>;

export class BrokerError extends Error {
  override readonly name = 'BrokerError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  readonly sideEffects: SideEffects;

  constructor(
    code: ErrorCode,
    message: string,
    facts: { details?: ErrorDetails; sideEffects?: SideEffects; cause?: unknown } = {},
  ) {
    super(message, { cause: facts.cause });
    this.code = code;
    this.details = facts.details ?? {};
    this.sideEffects = facts.sideEffects ?? 'none';
  }
}

/** The same error of an attempt that had, or may have had, this effect. */
export function withSideEffects(error: BrokerError, sideEffects: SideEffects): BrokerError {
  const { code, message, details, cause } = error;
  return new BrokerError(code, message, { details, sideEffects, cause });
}

/** What the outside's failure means for a caller. `effectMax` caps it where the call was harmless. */
export function brokerErrorOf(error: unknown, effectMax: SideEffects = 'unknown'): BrokerError {
  if (error instanceof BrokerError) return error;
  if (!(error instanceof StoreError)) {
    const facts = { sideEffects: effectMax, cause: error };
    return new BrokerError('UNKNOWN_SERVER_ERROR', 'The server failed unexpectedly.', facts);
  }
  const sideEffects = effectMax === 'none' ? 'none' : error.effect;
  const facts = { sideEffects, cause: error };
  switch (error.reason) {
    case 'throttled':
      return new BrokerError('THROTTLING_QUOTA_EXCEEDED', `Throttled: ${error.message}`, facts);
    case 'timeout':
      return new BrokerError('REQUEST_TIMED_OUT', `Timed out: ${error.message}`, facts);
    case 'corrupt':
      return new BrokerError('KAFKA_STORAGE_ERROR', `Stored data is corrupt: ${error.message}`, {
        ...facts,
        details: { corrupt: true },
      });
    default:
      return new BrokerError('KAFKA_STORAGE_ERROR', `Storage failed: ${error.message}`, facts);
  }
}
