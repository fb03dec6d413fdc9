/**
 * Consumer groups over HTTP on the AWS stores: every decision is a conditional write of DynamoDB Local.
 */

import { afterAll, beforeAll, describe } from 'vitest';
import { announceSkip } from '../support/announce-skip.js';
import { awsEmulatorsMissing, startAwsStores } from '../support/aws-emulators.js';
import type { Api } from './api-client.js';
import { inProcessApi } from './apis.js';
import { groupOffsetCases } from './group-offsets.suite.js';
import { groupCases } from './groups.suite.js';

const missing = announceSkip('consumer groups on the AWS stores', awsEmulatorsMissing());

describe.skipIf(missing)('on emulators', () => {
  let running: Api | undefined;
  const api = (): Api => {
    if (running) return running;
    throw new Error('the API is not running');
  };
  beforeAll(async () => {
    const { stores, stop } = await startAwsStores();
    const inProcess = await inProcessApi({ stores });
    running = { ...inProcess, stop };
  });
  afterAll(() => running?.stop());

  groupCases(api);
  groupOffsetCases(api);
});
