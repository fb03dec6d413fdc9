/**
 * Media types and header names of record bodies. Apart from the schemas, because loading those costs a
 * command more time than all it does.
 */

/** One Kafka RecordBatch v2, or in answers several, one after another. */
export const batchContentType = 'application/vnd.logbrook.record-batch';
export const ndjsonContentType = 'application/x-ndjson';

/** What a JSON answer says in fields, where the body has no room for it. */
export const fetchHeaders = {
  nextOffset: 'logbrook-next-offset',
  logStartOffset: 'logbrook-log-start-offset',
  highWatermark: 'logbrook-high-watermark',
} as const;
