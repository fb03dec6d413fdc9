/**
 * The HTTP API as a caller sees it. Run against everything that claims to be one: in process, over a
 * socket, and wherever LOGBROOK_TEST_URL points.
 */

import { afterAll, beforeAll, describe } from 'vitest';
import type { Api } from './api-client.js';
import { appendCases } from './append.suite.js';
import { badBatchCases } from './bad-batches.suite.js';
import { badRecordCases } from './bad-records.suite.js';
import { badRequestCases } from './bad-requests.suite.js';
import { binaryCases } from './binary.suite.js';
import { docsCases } from './docs.suite.js';
import { fetchCases } from './fetch.suite.js';
import { followCases } from './follow.suite.js';
import { groupOffsetCases } from './group-offsets.suite.js';
import { groupCases } from './groups.suite.js';
import { producerCases } from './producers.suite.js';
import { topicChangeCases } from './topic-changes.suite.js';
import { topicCases } from './topics.suite.js';

export function httpApiSuite(name: string, make: () => Promise<Api>): void {
  describe(`the HTTP API ${name}`, () => {
    let running: Api | undefined;
    const api = (): Api => {
      if (running) return running;
      throw new Error('the API is not running');
    };
    beforeAll(async () => {
      running = await make();
    });
    afterAll(() => running?.stop());

    topicCases(api);
    topicChangeCases(api);
    appendCases(api);
    binaryCases(api);
    producerCases(api);
    fetchCases(api);
    followCases(api);
    badRequestCases(api);
    badRecordCases(api);
    badBatchCases(api);
    groupCases(api);
    groupOffsetCases(api);
    docsCases(api);
  });
}
