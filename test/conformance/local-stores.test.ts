/** The embedded stores keep the ports' promises. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalStores } from '../../lib/store/local/local-stores.js';
import { storesSuite } from './stores.suite.js';

storesSuite('local stores', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'logbrook-'));
  const stores = await createLocalStores({ dataDir });
  return {
    stores,
    async stop() {
      await stores.close();
      await rm(dataDir, { recursive: true });
    },
  };
});
