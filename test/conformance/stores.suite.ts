/**
 * The conformance suite of the stores: every sentence of the ports, run on every adapter. What passes
 * it is a store that the broker can stand on.
 */

import { afterAll, beforeAll, describe } from 'vitest';
import type { Stores } from '../../lib/store/stores.js';
import { commitsSuite } from './commits.suite.js';
import { groupsSuite } from './groups.suite.js';
import { inlineObjectsSuite } from './inline-objects.suite.js';
import { jobsSuite } from './jobs.suite.js';
import { keysSuite } from './keys.suite.js';
import { leadershipSuite } from './leadership.suite.js';
import { objectsSuite } from './objects.suite.js';
import { rollsSuite } from './rolls.suite.js';
import { topicsSuite } from './topics.suite.js';
import { twinSuite } from './twin.suite.js';

export type StoresUnderTest = { readonly stores: Stores; stop(): Promise<void> };

export function storesSuite(name: string, make: () => Promise<StoresUnderTest>): void {
  describe(name, () => {
    let made: StoresUnderTest | undefined;
    beforeAll(async () => {
      made = await make();
    });
    afterAll(async () => {
      await made?.stop();
    });
    const stores = (): Stores => {
      if (!made) throw new Error('the stores were not made');
      return made.stores;
    };
    commitsSuite(stores);
    rollsSuite(stores);
    leadershipSuite(stores);
    topicsSuite(stores);
    groupsSuite(stores);
    keysSuite(stores);
    jobsSuite(stores);
    objectsSuite(stores);
    inlineObjectsSuite(stores);
    twinSuite(stores);
  });
}
