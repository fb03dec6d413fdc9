/**
 * Maintenance on a schedule, and when it is asked for: a function of its own, with rights of its own, for it alone deletes. A run that
 * fails is tried again, and then left in a queue to be looked at; nothing is lost by it, for the next run
 * begins where any run begins. Two at once are harmless.
 */

import { fileURLToPath } from 'node:url';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Alarm, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  type Function as LambdaFunction,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { variables } from '../../settings/settings.js';
import { plainBundling } from '../bundling.js';
import type { Deployment } from '../deployment.js';
import type { LogStore } from './log-store.js';

/** A run begins nothing new after 4 minutes; this leaves time to end what it has begun. */
const timeout = Duration.minutes(10);
const eventAgeMinutesMin = 15;
const retryAttempts = 1;
const alarmPeriod = Duration.minutes(15);

const projectRoot = fileURLToPath(new URL('../../..', import.meta.url));

export class JobsFunction extends Construct {
  readonly fn: NodejsFunction;

  constructor(scope: Construct, id: string, deployment: Deployment, logStore: LogStore) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'Logs', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    });
    logGroup.grantWrite(role);
    const failed = new Queue(this, 'Failed', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    this.fn = new NodejsFunction(this, 'Function', {
      description: `Logbrook maintenance (${deployment.stage})`,
      entry: `${projectRoot}lambda/jobs.ts`,
      projectRoot,
      depsLockFilePath: `${projectRoot}package-lock.json`,
      bundling: plainBundling,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: deployment.memoryMb,
      timeout,
      // Not for safety, but so that a backlog is not worked at by ever more. Where instances are scarce,
      // none is set apart, as for the API.
      ...(deployment.reservedConcurrency !== undefined && { reservedConcurrentExecutions: 1 }),
      tracing: deployment.tracing ? Tracing.ACTIVE : Tracing.DISABLED,
      role,
      logGroup,
      retryAttempts,
      // An event of who found work may have to wait for a run of the schedule, where one instance runs.
      maxEventAge: Duration.minutes(Math.max(deployment.jobsEveryMinutes, eventAgeMinutesMin)),
      deadLetterQueue: failed,
      awsSdkConnectionReuse: false,
    });
    logStore.grantJobs(this.fn);
    const every = Duration.minutes(deployment.jobsEveryMinutes);
    new Schedule(this, 'Schedule', {
      description: 'Logbrook maintenance',
      schedule: ScheduleExpression.rate(every),
      target: new LambdaInvoke(this.fn, {
        retryAttempts,
        maxEventAge: every,
        deadLetterQueue: failed,
      }),
    });
    if (deployment.alarms) this.addAlarms(failed, deployment.alarmTopicArn);
  }

  /** Permission and variable together. This function alone, and none of its versions. */
  grantAsk(fn: LambdaFunction): void {
    fn.addToRolePolicy(
      new PolicyStatement({
        actions: ['lambda:InvokeFunction'],
        resources: [this.fn.functionArn],
      }),
    );
    fn.addEnvironment(variables.jobsFunction, this.fn.functionName);
  }

  private addAlarms(failed: Queue, topicArn: string | undefined): void {
    const errors = this.fn.metricErrors({ period: alarmPeriod });
    const left = failed.metricApproximateNumberOfMessagesVisible({ period: alarmPeriod });
    const alarms = [
      // One failure is tried again; three in a row mean that something grows.
      this.alarm('Errors', errors, 3, 'Maintenance fails, for some partition or as a whole.'),
      this.alarm('LeftInQueue', left, 1, 'Runs of maintenance failed for good.'),
    ];
    if (topicArn === undefined) return;
    const action = new SnsAction(Topic.fromTopicArn(this, 'Topic', topicArn));
    for (const alarm of alarms) alarm.addAlarmAction(action);
  }

  private alarm(id: string, metric: IMetric, threshold: number, alarmDescription: string): Alarm {
    return new Alarm(this, id, {
      metric,
      alarmDescription,
      threshold,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }
}
