/**
 * The composition root of the jobs function: settings, stores and maintenance, made once per cold start.
 */

import { createBroker } from '../lib/broker/broker.js';
import { brokerDefaults } from '../lib/broker/broker-settings.js';
import { jobDefaults } from '../lib/jobs/job-settings.js';
import { createMaintenance, type MaintenanceReport } from '../lib/jobs/maintenance.js';
import type { PartitionRef } from '../lib/log/partition-head.js';
import { createJsonLogger } from '../lib/runtime/json-logger.js';
import { nodeCodecs } from '../lib/runtime/node-codecs.js';
import { createNodeWorld } from '../lib/runtime/node-world.js';
import { inlineBytesMaxOf, prices } from '../lib/settings/prices.js';
import type { Environment } from '../lib/settings/settings.js';
import { createAwsStores } from '../lib/store/aws/aws-stores.js';
import type { Stores } from '../lib/store/stores.js';
import type { World } from '../lib/store/world.js';
import { lambdaSettings } from './lambda-settings.js';

/**
 * One run of all jobs, beginning with the partition that an event names (lambda/ask-jobs.ts). Fails if any part
 * did, when all others had their turn: then an alarm is due.
 */
export type RunJobs = (event?: unknown) => Promise<MaintenanceReport>;

export function composeJobs(
  environment: Environment,
  given: { readonly stores?: Stores; readonly world?: World } = {},
): RunJobs {
  const settings = lambdaSettings(environment, ['table', 'bucket']);
  const { table: tableName, bucket: bucketName } = settings;
  const inlineBytesMax = settings.inlineBytesMax ?? inlineBytesMaxOf(prices);
  const stores = given.stores ?? createAwsStores({ tableName, bucketName, inlineBytesMax });
  const world = given.world ?? createNodeWorld(createJsonLogger(settings.logLevel));
  const jobSettings = { ...jobDefaults, ...settings.jobs };
  const { groups } = createBroker(stores, nodeCodecs, world, {
    ...brokerDefaults,
    groups: { ...brokerDefaults.groups, ...settings.groups },
  });
  const maintenance = createMaintenance(stores, nodeCodecs, world, jobSettings, groups.expire);
  return async (event) => {
    const report = await maintenance.run(partitionIn(event));
    world.log.info('maintenance ran', { ...report });
    const [first] = report.failures;
    if (first === undefined) return report;
    const count = report.failures.length;
    throw new Error(`Maintenance failed in ${count} of its parts, the first of them ${first}.`);
  };
}

/** Events of the schedule name none, and whoever invokes by hand may send anything. */
function partitionIn(event: unknown): PartitionRef | undefined {
  const { topicId, partition } = (event as { partition?: Partial<PartitionRef> })?.partition ?? {};
  if (typeof topicId !== 'string' || !Number.isSafeInteger(partition)) return undefined;
  return { topicId, partition: partition as number };
}
