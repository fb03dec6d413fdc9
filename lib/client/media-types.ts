/**
 * Media types of record bodies. Their home is the contract, but importing a value from there would load
 * its schemas, which cost more time than the rest of a command.
 */

import type * as records from '../contract/records.js';

export const batchContentType: typeof records.batchContentType =
  'application/vnd.logbrook.record-batch';
export const ndjsonContentType: typeof records.ndjsonContentType = 'application/x-ndjson';
