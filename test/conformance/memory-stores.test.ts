/** The memory twin keeps the ports' promises. */

import { createMemoryStores } from '../../lib/store/memory/memory-store.js';
import { storesSuite } from './stores.suite.js';

storesSuite('memory stores', async () => {
  const stores = createMemoryStores();
  return { stores, stop: () => stores.close() };
});
