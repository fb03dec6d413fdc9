/** Every deliberate bug, in the order of docs/reliability.md. */

import { brokerBugs } from './broker-bugs.js';
import type { Bug } from './bug.js';
import { commitBugs } from './commit-bugs.js';
import { groupBugs } from './group-bugs.js';
import { indexBugs } from './index-bugs.js';
import { jobBugs } from './job-bugs.js';
import { keyBugs } from './key-bugs.js';
import { storageBugs } from './storage-bugs.js';

export const allBugs: readonly Bug[] = [
  ...commitBugs,
  ...indexBugs,
  ...storageBugs,
  ...brokerBugs,
  ...jobBugs,
  ...groupBugs,
  ...keyBugs,
];
