/**
 * Asks the jobs function for a run, from the function that found the work: an event that nobody waits for.
 * Of all instances one asks within some minutes, so that events never pile up behind a run.
 */

import type { LambdaClient } from '@aws-sdk/client-lambda';
import { jobDefaults } from '../lib/jobs/job-settings.js';
import type { JobStore } from '../lib/store/job-store.js';
import type { MaintenanceRequests } from '../lib/store/maintenance-requests.js';
import type { Clock } from '../lib/store/world.js';

/** A run begins nothing new after this. */
const everyMs = jobDefaults.runMsMax;

export function createJobsAsker(
  functionName: string,
  jobs: JobStore,
  { nowMs }: Pick<Clock, 'nowMs'>,
  clientOf: () => Promise<LambdaClient> = lambdaClient,
): MaintenanceRequests {
  let client: Promise<LambdaClient> | undefined;
  return {
    async ask({ topicId, partition }) {
      if (!(await jobs.claimAsk(nowMs(), everyMs))) return;
      client ??= clientOf();
      const { InvokeCommand } = await import('@aws-sdk/client-lambda');
      const command = new InvokeCommand({
        FunctionName: functionName,
        InvocationType: 'Event',
        Payload: new TextEncoder().encode(JSON.stringify({ partition: { topicId, partition } })),
      });
      await (await client).send(command);
    },
  };
}

/** Only when it is needed: a cold start does without it. */
async function lambdaClient(): Promise<LambdaClient> {
  const { LambdaClient } = await import('@aws-sdk/client-lambda');
  return new LambdaClient({
    maxAttempts: 2,
    requestHandler: {
      connectionTimeout: 2_000,
      requestTimeout: 5_000,
      throwOnRequestTimeout: true,
    },
  });
}
