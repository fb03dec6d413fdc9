/**
 * What runs: one function behind one URL and CloudFront, one on a schedule, their logs and alarms.
 * Nothing in it holds state.
 */

import { fileURLToPath } from 'node:url';
import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  FunctionUrlAuthType,
  InvokeMode,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { variables } from '../settings/settings.js';
import { apiBundling } from './bundling.js';
import { Edge } from './constructs/edge.js';
import { JobsFunction } from './constructs/jobs-function.js';
import type { LogStore } from './constructs/log-store.js';
import type { RootKey } from './constructs/root-key.js';
import { ServiceAlarms } from './constructs/service-alarms.js';
import type { Deployment } from './deployment.js';

/**
 * A stream ends in time for its last read, for a slow client, and for the commits that the function still
 * finishes; and before Lambda's limit of 200 MB per response, at 2 MB/s after the first 6 MB.
 */
const timeoutSeconds = 120;
const streamLifeMs = 60_000;

const projectRoot = fileURLToPath(new URL('../..', import.meta.url));

/** What the data stack keeps, and the service uses. */
export type StoredParts = { readonly logStore: LogStore; readonly rootKey: RootKey };

export class ServiceStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    deployment: Deployment,
    { logStore, rootKey }: StoredParts,
    props: StackProps = {},
  ) {
    super(scope, id, props);
    const { reservedConcurrency } = deployment;
    const logGroup = new LogGroup(this, 'ApiLogs', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // A role of our own: the one that CDK makes may write to every log group of the account.
    const role = new Role(this, 'ApiRole', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    });
    logGroup.grantWrite(role);
    const api = new NodejsFunction(this, 'Api', {
      description: `Logbrook HTTP API (${deployment.stage})`,
      entry: `${projectRoot}lambda/api.ts`,
      projectRoot,
      depsLockFilePath: `${projectRoot}package-lock.json`,
      bundling: apiBundling,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: deployment.memoryMb,
      timeout: Duration.seconds(timeoutSeconds),
      ...(reservedConcurrency !== undefined && {
        reservedConcurrentExecutions: reservedConcurrency,
      }),
      tracing: deployment.tracing ? Tracing.ACTIVE : Tracing.DISABLED,
      role,
      logGroup,
      environment: { [variables.streamLifeMs]: String(streamLifeMs) },
      // Keep-alive is the SDK's default, and this variable only says so.
      awsSdkConnectionReuse: false,
    });
    logStore.grantBroker(api);
    rootKey.grantCheck(api);
    // Open to the world, as callers are known by Logbrook's own keys: the function answers nothing but
    // /healthz without one, and does not start unless it can check them.
    const url = api.addFunctionUrl({
      authType: FunctionUrlAuthType.NONE,
      invokeMode: InvokeMode.RESPONSE_STREAM,
    });
    if (deployment.edge) {
      const { distribution } = new Edge(this, 'Edge', deployment, api, url);
      new CfnOutput(this, 'EdgeUrl', { value: `https://${distribution.distributionDomainName}` });
    }
    if (deployment.alarms) new ServiceAlarms(this, 'Alarms', api, deployment.alarmTopicArn);
    const jobs = new JobsFunction(this, 'Jobs', deployment, logStore);
    jobs.grantAsk(api);
    new CfnOutput(this, 'Url', { value: url.url });
    new CfnOutput(this, 'FunctionArn', { value: api.functionArn });
    new CfnOutput(this, 'JobsFunctionName', { value: jobs.fn.functionName });
  }
}
