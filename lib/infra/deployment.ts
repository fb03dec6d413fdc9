/**
 * What a deployment may differ in, from the CDK context: `cdk deploy --all -c stage=prod -c memoryMb=1024`.
 * All problems are told at once.
 */

import type { Node } from 'constructs';

export type Deployment = {
  /** Stacks are called `<name>-<stage>-Data` and `<name>-<stage>-Service`. */
  readonly name: string;
  readonly stage: string;
  /** The stage `prod` keeps its data whatever happens to its stacks. */
  readonly production: boolean;
  readonly memoryMb: number;
  /** Instances at most, set apart for this function; undefined: as many as the account has free. */
  readonly reservedConcurrency: number | undefined;
  /** Between two runs of maintenance. */
  readonly jobsEveryMinutes: number;
  readonly tracing: boolean;
  /** CloudFront in front of the function, for clients that speak HTTP/2 only. */
  readonly edge: boolean;
  readonly alarms: boolean;
  /** An SNS topic that is told of alarms. */
  readonly alarmTopicArn: string | undefined;
};

const defaults = {
  name: 'Logbrook',
  stage: 'dev',
  memoryMb: 512,
  concurrencyInProduction: 100,
  jobsEveryMinutes: 5,
};

export function readDeployment(node: Node): Deployment {
  const problems: string[] = [];
  const text = (key: string): string | undefined => {
    const value: unknown = node.tryGetContext(key);
    return value === undefined || value === '' ? undefined : String(value);
  };

  function word(key: string, otherwise: string): string {
    const value = text(key) ?? otherwise;
    if (/^[A-Za-z][A-Za-z0-9]{0,31}$/.test(value)) return value;
    problems.push(`${key} must be a letter and then at most 31 letters or digits, not "${value}"`);
    return otherwise;
  }

  function count(key: string, min: number, max: number): number | undefined {
    const value = text(key);
    if (value === undefined) return undefined;
    const number = /^\d{1,6}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= min && number <= max) return number;
    problems.push(`${key} must be a whole number from ${min} to ${max}, not "${value}"`);
    return undefined;
  }

  function flag(key: string, otherwise: boolean): boolean {
    const value = text(key) ?? String(otherwise);
    if (value !== 'true' && value !== 'false') problems.push(`${key} must be true or false`);
    return value === 'true';
  }

  const stage = word('stage', defaults.stage);
  const production = stage === 'prod';
  const unlimited = text('reservedConcurrency') === 'none';
  const concurrency = unlimited ? undefined : count('reservedConcurrency', 1, 100_000);
  const deployment: Deployment = {
    name: word('name', defaults.name),
    stage,
    production,
    memoryMb: count('memoryMb', 128, 10_240) ?? defaults.memoryMb,
    reservedConcurrency:
      concurrency ?? (production && !unlimited ? defaults.concurrencyInProduction : undefined),
    jobsEveryMinutes: count('jobsEveryMinutes', 1, 60) ?? defaults.jobsEveryMinutes,
    tracing: flag('tracing', false),
    edge: flag('edge', true),
    alarms: flag('alarms', true),
    alarmTopicArn: text('alarmTopicArn'),
  };
  if (problems.length > 0) throw new Error(`CDK context: ${problems.join('; ')}.`);
  return deployment;
}
