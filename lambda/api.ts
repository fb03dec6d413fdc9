/**
 * The deployed function: the whole HTTP API behind one Function URL.
 */

import type { LambdaFunctionURLEvent } from 'aws-lambda';
import { compose } from './compose.js';
import { handleEvent } from './function-url.js';

const api = compose(process.env);

export const handler = awslambda.streamifyResponse<LambdaFunctionURLEvent, void>(
  (event, stream, context) => handleEvent(api, event, stream, context),
);
