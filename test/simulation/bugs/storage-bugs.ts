/**
 * Deliberate bugs of objects: bytes that are not there, or not those that were written.
 */

import { nodeCodecs } from '../../../lib/runtime/node-codecs.js';
import type { Bug } from './bug.js';

export const storageBugs: readonly Bug[] = [
  {
    name: 'put-not-durable',
    what: 'an object is acknowledged, but one in fifty is never written',
    anomalies: ['unreadable', 'lost-write'],
    stores(stores, { random }) {
      const { objects } = stores;
      const put: typeof objects.put = async (key, bytes) =>
        random() < 0.02 ? 'written' : objects.put(key, bytes);
      return { ...stores, objects: { ...objects, put } };
    },
  },
  {
    name: 'keys-used-twice',
    what: 'now and then an instance gives a new object the key of the one before',
    anomalies: ['inconsistent-offsets', 'duplicate', 'phantom', 'lost-write', 'unreadable'],
    world(world, { random }) {
      let last = world.uuid();
      const uuid = () => {
        if (random() >= 0.05) last = world.uuid();
        return last;
      };
      return { ...world, uuid };
    },
  },
  {
    name: 'crc-not-checked',
    what: 'batches are served without looking at their CRC',
    anomalies: ['phantom', 'inconsistent-offsets', 'torn-batch'],
    codecs: { ...nodeCodecs, crc32c: () => 0 },
  },
];
