/**
 * The AWS stores keep the ports' promises, on Amazon's own DynamoDB Local and an S3 server. Without
 * Java or Go they are skipped, loudly; in CI that is an error.
 */

import { describe } from 'vitest';
import { announceSkip } from '../support/announce-skip.js';
import { awsEmulatorsMissing, startAwsStores } from '../support/aws-emulators.js';
import { storesSuite } from './stores.suite.js';

const missing = announceSkip('conformance of the AWS stores', awsEmulatorsMissing());

describe.skipIf(missing)('on emulators', () => {
  storesSuite('AWS stores', startAwsStores);
});
