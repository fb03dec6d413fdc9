/**
 * Errors as Kinesis spells them: a type that clients switch on, and a text that people read. Everything
 * that goes wrong behind the face is mapped to one of them here, once.
 */

import { type BrokerError, brokerErrorOf } from '../broker/broker-error.js';

export class KinesisError extends Error {
  override readonly name = 'KinesisError';
  readonly type: string;
  readonly status: number;
  /** Undefined: the type stands alone. */
  readonly text: string | undefined;

  constructor(type: string, text?: string, status = 400) {
    super(text ?? type);
    this.type = type;
    this.text = text;
    this.status = status;
  }
}

export function invalidArgument(text: string): KinesisError {
  return new KinesisError('InvalidArgumentException', text);
}

export function notFound(text: string): KinesisError {
  return new KinesisError('ResourceNotFoundException', text);
}

export function inUse(text: string): KinesisError {
  return new KinesisError('ResourceInUseException', text);
}

export function validation(text: string): KinesisError {
  return new KinesisError('ValidationException', text);
}

/** The answer to `DryRun` if the request would have succeeded. */
export function dryRunPassed(): KinesisError {
  const text = 'Request would have succeeded, but DryRun flag is set.';
  return new KinesisError('DryRunOperationException', text);
}

/** Its text is spelt with a capital, alone among all. */
export function serialization(text?: string): KinesisError {
  return new KinesisError('SerializationException', text);
}

/** What the log's errors mean to a Kinesis client, for which trying again is the answer to throttling. */
export function kinesisErrorOf(error: unknown): KinesisError {
  if (error instanceof KinesisError) return error;
  const broker = brokerErrorOf(error);
  switch (broker.code) {
    case 'UNKNOWN_TOPIC_OR_PARTITION':
      return notFound(broker.message);
    case 'THROTTLING_QUOTA_EXCEEDED':
      return new KinesisError('ProvisionedThroughputExceededException', broker.message);
    case 'INVALID_PARTITIONS':
      return new KinesisError('LimitExceededException', broker.message);
    case 'MESSAGE_TOO_LARGE':
    case 'RECORD_LIST_TOO_LARGE':
    case 'INVALID_RECORD':
    case 'INVALID_REQUEST':
    case 'INVALID_TOPIC_EXCEPTION':
      return invalidArgument(broker.message);
    default:
      return new KinesisError('InternalFailure', undefined, 500);
  }
}

/** What one record of a PutRecords is told. */
export function recordFailureOf(error: BrokerError, shard: string): { code: string; text: string } {
  if (error.code === 'THROTTLING_QUOTA_EXCEEDED') {
    return { code: 'ProvisionedThroughputExceededException', text: `Rate exceeded for ${shard}` };
  }
  return { code: 'InternalFailure', text: 'Internal service failure.' };
}

export function errorBody({ type, text }: KinesisError): Record<string, string> {
  if (text === undefined) return { __type: type };
  if (type === 'SerializationException') return { __type: type, Message: text };
  return { __type: type, message: text };
}
