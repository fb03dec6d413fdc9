/** The context of a deployment: lib/infra/deployment.js. */

import { RootConstruct } from 'constructs';
import { expect, test } from 'vitest';
import { readDeployment } from '../../lib/infra/deployment.js';

function read(context: Record<string, string>) {
  const { node } = new RootConstruct();
  for (const [key, value] of Object.entries(context)) node.setContext(key, value);
  return readDeployment(node);
}

test('nothing needs to be said', () => {
  expect(read({})).toEqual({
    name: 'Logbrook',
    stage: 'dev',
    production: false,
    memoryMb: 512,
    reservedConcurrency: undefined,
    jobsEveryMinutes: 5,
    tracing: false,
    alarms: true,
    alarmTopicArn: undefined,
    edge: true,
  });
});

test('only the stage prod is production, and only it has concurrency set apart unasked', () => {
  expect(read({ stage: 'prod' })).toMatchObject({ production: true, reservedConcurrency: 100 });
  expect(read({ stage: 'preprod' })).toMatchObject({ production: false });
  expect(read({ stage: 'prod', reservedConcurrency: 'none' }).reservedConcurrency).toBeUndefined();
  expect(read({ stage: 'prod', reservedConcurrency: '5' }).reservedConcurrency).toBe(5);
});

test('all problems are told at once', () => {
  const context = { stage: 'a b', memoryMb: '64', reservedConcurrency: '0', tracing: 'maybe' };
  expect(() => read({ jobsEveryMinutes: '0' })).toThrow(/jobsEveryMinutes .* from 1 to 60/);
  expect(read({ jobsEveryMinutes: '15' }).jobsEveryMinutes).toBe(15);
  expect(() => read(context)).toThrow(/stage .*reservedConcurrency .*memoryMb .*tracing /);
});
