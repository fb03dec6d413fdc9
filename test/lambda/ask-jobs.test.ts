/** lambda/ask-jobs.js: the one event that goes out, and how seldom. */

import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, test } from 'vitest';
import { createJobsAsker } from '../../lambda/ask-jobs.js';
import { composeJobs } from '../../lambda/compose-jobs.js';
import { jobDefaults } from '../../lib/jobs/job-settings.js';
import { createMemoryStores } from '../../lib/store/memory/memory-store.js';
import { createManualWorld } from '../support/manual-world.js';

const lambda = mockClient(LambdaClient);
const client = new LambdaClient({ region: 'us-east-1' });
const ref = { topicId: 'aaaaaaaa-0000-4000-8000-000000000000', partition: 3 };

beforeEach(() => {
  lambda.reset();
  lambda.on(InvokeCommand).resolves({ StatusCode: 202 });
});

test('one event that nobody waits for, by one of all instances, within the time of a run', async () => {
  const [{ jobs }, world] = [createMemoryStores(), createManualWorld()];
  const instance = () => createJobsAsker('the-jobs', jobs, world.clock, async () => client);
  const [one, other] = [instance(), instance()];
  await Promise.all([one.ask(ref), other.ask({ ...ref, partition: 4 })]);
  await world.advance(jobDefaults.runMsMax - 1);
  await one.ask(ref);
  expect(lambda.calls()).toHaveLength(1);
  await world.advance(1);
  await other.ask(ref);
  const inputs = lambda
    .calls()
    .map(({ args: [command] }) => command.input as { Payload: Uint8Array });
  expect(inputs).toHaveLength(2);
  const [{ Payload, ...input } = { Payload: new Uint8Array() }] = inputs.slice(1);
  expect(input).toEqual({ FunctionName: 'the-jobs', InvocationType: 'Event' });
  expect(JSON.parse(new TextDecoder().decode(Payload))).toEqual({ partition: ref });
});

test('what fails is told to who asks, and asked for again in time', async () => {
  const [{ jobs }, world] = [createMemoryStores(), createManualWorld()];
  lambda.on(InvokeCommand).rejectsOnce(new Error('throttled')).resolves({});
  const asker = createJobsAsker('the-jobs', jobs, world.clock, async () => client);
  await expect(asker.ask(ref)).rejects.toThrow('throttled');
  await world.advance(jobDefaults.runMsMax);
  await asker.ask(ref);
  expect(lambda.calls()).toHaveLength(2);
});

test.each([
  undefined,
  null,
  'x',
  {},
  { partition: 5 },
  { partition: { topicId: 5, partition: 0 } },
  { partition: { topicId: 'x', partition: '0' } },
  { partition: ref },
])('an event that is %j is a whole run', async (event) => {
  const [stores, world] = [createMemoryStores(), createManualWorld()];
  const runJobs = composeJobs({ LOGBROOK_TABLE: 't', LOGBROOK_BUCKET: 'b' }, { stores, world });
  expect(await runJobs(event)).toMatchObject({ complete: true, failures: [] });
});
