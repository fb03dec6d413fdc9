/**
 * Port: asking for a run of maintenance where work was found on the way. Best effort: what is asked for may
 * be lost, or be under way already, and the schedule does it later. Never on an append's way.
 */

import type { PartitionRef } from '../log/partition-head.js';

export type MaintenanceRequests = {
  ask(ref: PartitionRef): Promise<void>;
};
