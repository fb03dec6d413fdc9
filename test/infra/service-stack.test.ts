/** What is promised of the deployed function: lib/infra/service-stack.js, constructs/log-store.js. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { jobDefaults } from '../../lib/jobs/job-settings.js';
import { bundleApi } from '../support/bundled-api.js';
import { allowed, list, type Statement, synthesizeService } from './stacks.js';

const topicArn = 'arn:aws:sns:eu-central-1:123456789012:operators';

const { template: dev } = synthesizeService({ alarms: 'false' });
const { template: prod } = synthesizeService({ stage: 'prod' });
const { template: everything } = synthesizeService({
  reservedConcurrency: '7',
  memoryMb: '1024',
  tracing: 'true',
  alarmTopicArn: topicArn,
});
const { folder } = synthesizeService({}, true);

describe('the function', () => {
  test('runs on Node 24 on arm64, within limits', () => {
    dev.allResourcesProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      MemorySize: 512,
      Handler: 'index.handler',
    });
    dev.hasResourceProperties('AWS::Lambda::Function', {
      Description: 'Logbrook HTTP API (dev)',
      Timeout: 120,
      ReservedConcurrentExecutions: Match.absent(),
      TracingConfig: Match.absent(),
    });
  });

  test('takes its limits from the context', () => {
    everything.hasResourceProperties('AWS::Lambda::Function', {
      MemorySize: 1024,
      ReservedConcurrentExecutions: 7,
      TracingConfig: { Mode: 'Active' },
    });
    prod.hasResourceProperties('AWS::Lambda::Function', {
      ReservedConcurrentExecutions: 100,
    });
  });

  test('knows its stores, and ends streams well before its timeout', () => {
    dev.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: {
          LOGBROOK_TABLE: Match.anyValue(),
          LOGBROOK_BUCKET: Match.anyValue(),
          LOGBROOK_STREAM_LIFE_MS: '60000',
        },
      },
    });
  });

  test('is exactly the bundle that the tests of the bundle look at, with the explorer beside it', async () => {
    const explorer = 'openapi-explorer.min.js';
    const assets = readdirSync(folder).filter((name) => name.startsWith('asset.'));
    const asset = assets.find((name) => existsSync(join(folder, name, explorer))) ?? '';
    expect(readdirSync(join(folder, asset)).sort()).toEqual(['index.mjs', explorer]);
    const { code } = await bundleApi();
    const deployed = readFileSync(join(folder, asset, 'index.mjs'));
    expect(deployed.equals(code)).toBe(true);
  });

  test('logs into a group that forgets', () => {
    dev.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 30 });
    dev.hasResourceProperties('AWS::Lambda::Function', {
      LoggingConfig: { LogGroup: { Ref: Match.stringLikeRegexp('^ApiLogs') } },
    });
  });
});

describe('the URL', () => {
  test('leaves the check of callers to the function, and streams', () => {
    for (const template of [dev, prod, everything]) {
      template.resourceCountIs('AWS::Lambda::Url', 1);
      template.allResourcesProperties('AWS::Lambda::Url', {
        AuthType: 'NONE',
        InvokeMode: 'RESPONSE_STREAM',
      });
      template.hasOutput('Url', {});
    }
  });

  /** Without these permissions Lambda refuses requests before the function sees them. */
  test('lets everybody come as far as the check, by the URL alone', () => {
    for (const template of [dev, prod, everything]) {
      const permissions = Object.values(template.findResources('AWS::Lambda::Permission'));
      expect(permissions.length).toBeGreaterThan(0);
      for (const { Properties } of permissions) {
        expect(Properties.Principal).toBe('*');
        const byUrl =
          Properties.FunctionUrlAuthType === 'NONE' || Properties.InvokedViaFunctionUrl === true;
        expect(byUrl, JSON.stringify(Properties)).toBe(true);
      }
    }
  });

  test('is never without what the check needs: the function does not start otherwise', () => {
    for (const template of [dev, prod, everything]) {
      template.hasResourceProperties('AWS::Lambda::Function', {
        Description: Match.stringLikeRegexp('HTTP API'),
        Environment: {
          Variables: {
            LOGBROOK_KMS_KEY: Match.anyValue(),
            LOGBROOK_ROOT_SECRET_ARN: Match.anyValue(),
            LOGBROOK_ROOT_KEY: Match.absent(),
          },
        },
      });
      // Not the keys themselves: the function asks for them. What is resolved is CloudFront's proof.
      const resolved = JSON.stringify(template.toJSON()).split('{{resolve:secretsmanager').slice(1);
      for (const text of resolved) expect(text.slice(0, 40)).toMatch(/"Ref":"Edge/);
    }
  });
});

const actionsOf = (statements: readonly Statement[], service: string) =>
  statements
    .flatMap(({ Action }) => list(Action))
    .filter((action) => action.startsWith(`${service}:`))
    .sort();

/** Commands that lib/store/aws sends, apart from what makes tables for emulators. */
function commandsOf(counts: (file: string) => boolean): string[] {
  const folder = 'lib/store/aws';
  const sources = readdirSync(folder)
    .filter((name) => name.startsWith('dynamo-') && counts(name))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join();
  const commands = [...sources.matchAll(/new (\w+)Command\(/g)].map(([, name]) => name as string);
  return [...new Set(commands)].sort();
}

/** Actions on objects, by what their keys begin with. */
function objectRights(template: Template, whose: string): Record<string, string[]> {
  const rights: Record<string, string[]> = {};
  for (const { Action, Resource } of allowed(template, whose)) {
    for (const [, prefix = ''] of JSON.stringify(Resource).matchAll(/"\/(\w+)\/\*"/g)) {
      rights[prefix] = [...(rights[prefix] ?? []), ...list(Action)].sort();
    }
  }
  return rights;
}

describe('the role', () => {
  test('may do nothing by wildcard, and to no resource in general', () => {
    for (const template of [dev, prod]) {
      for (const statement of allowed(template)) {
        expect(list(statement.Action).join()).not.toContain('*');
        expect(list(statement.Resource)).not.toContain('*');
      }
      template.allResourcesProperties('AWS::IAM::Role', { ManagedPolicyArns: Match.absent() });
    }
  });

  test('reaches beyond its own resources only for traces, where AWS knows no resource', () => {
    const wide = allowed(everything, 'Api').filter(({ Resource }) => list(Resource).includes('*'));
    expect(wide.flatMap(({ Action }) => list(Action)).sort()).toEqual([
      'xray:PutTelemetryRecords',
      'xray:PutTraceSegments',
    ]);
  });

  test('may do to the table what the code does, no more and no less', () => {
    const sent = commandsOf((name) => name !== 'dynamo-maintenance.ts')
      // Deleting many items is for clean-up, like deleting objects.
      .filter((name) => name !== 'BatchWriteItem')
      .map(asRight)
      .map((name) => `dynamodb:${name}`)
      .sort();
    expect(actionsOf(allowed(dev, 'Api'), 'dynamodb')).toEqual(sent);
  });

  test('opens sealed keys with one key of KMS, and reads one secret', () => {
    const statements = allowed(dev, 'Api');
    expect(actionsOf(statements, 'kms')).toEqual(['kms:Decrypt', 'kms:GenerateDataKey']);
    expect(actionsOf(statements, 'secretsmanager')).toEqual(['secretsmanager:GetSecretValue']);
    const about = statements.filter(({ Action }) => /kms|secretsmanager/.test(list(Action).join()));
    for (const { Resource } of about) expect(list(Resource)).toHaveLength(1);
    expect(JSON.stringify(about.map(({ Resource }) => Resource))).toMatch(/RootKey.*RootKey/);
  });

  test('writes objects under wal/ and keys/ alone, reads segments too, and deletes none', () => {
    expect(objectRights(dev, 'Api')).toEqual({
      keys: ['s3:GetObject', 's3:PutObject'],
      wal: ['s3:GetObject', 's3:PutObject'],
      segments: ['s3:GetObject'],
    });
  });

  test('does nothing else but log', () => {
    const others = allowed(dev, 'Api')
      .flatMap(({ Action }) => list(Action))
      .filter((action) => !/^(dynamodb|s3|kms|secretsmanager):/.test(action));
    const asking = 'lambda:InvokeFunction';
    expect(others.sort()).toEqual([asking, 'logs:CreateLogStream', 'logs:PutLogEvents']);
  });

  test('asks for maintenance where it finds work: that one function, which it knows by name', () => {
    const [statement, ...more] = allowed(dev, 'Api').filter(
      ({ Action }) => list(Action).join() === 'lambda:InvokeFunction',
    );
    expect(more).toEqual([]);
    const jobs = Match.stringLikeRegexp('^JobsFunction');
    expect(JSON.stringify(statement?.Resource)).toMatch(
      /^\{"Fn::GetAtt":\["JobsFunction[A-Z0-9]+","Arn"\]\}$/,
    );
    dev.hasResourceProperties('AWS::Lambda::Function', {
      Description: Match.stringLikeRegexp('HTTP API'),
      Environment: { Variables: Match.objectLike({ LOGBROOK_JOBS_FUNCTION: { Ref: jobs } }) },
    });
  });
});

/** A transaction needs the rights of its parts. */
function asRight(name: string): string {
  return name === 'TransactWriteItems' ? 'ConditionCheckItem' : name;
}

describe('maintenance', () => {
  test('runs every five minutes, or as often as the context says', () => {
    const { template: seldom } = synthesizeService({ jobsEveryMinutes: '30' });
    dev.hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: 'rate(5 minutes)',
      State: 'ENABLED',
      Target: {
        Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^JobsFunction'), 'Arn'] },
        DeadLetterConfig: { Arn: Match.anyValue() },
        RetryPolicy: { MaximumEventAgeInSeconds: 300, MaximumRetryAttempts: 1 },
      },
    });
    seldom.hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: 'rate(30 minutes)',
    });
  });

  test('has time to end what a run begins, and is not worked at by ever more instances', () => {
    expect(jobDefaults.runMsMax).toBeLessThan(600_000 / 2);
    const jobs = { Description: Match.stringLikeRegexp('maintenance'), Timeout: 600 };
    dev.hasResourceProperties('AWS::Lambda::Function', {
      ...jobs,
      ReservedConcurrentExecutions: Match.absent(),
    });
    prod.hasResourceProperties('AWS::Lambda::Function', {
      ...jobs,
      ReservedConcurrentExecutions: 1,
    });
  });

  test('that fails is tried once more, and then kept in a queue', () => {
    dev.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      MaximumRetryAttempts: 1,
      // Longer than any run: an event that was asked for may wait behind one.
      MaximumEventAgeInSeconds: 900,
    });
    dev.hasResourceProperties('AWS::Lambda::Function', {
      Timeout: 600,
      DeadLetterConfig: { TargetArn: Match.anyValue() },
    });
    dev.hasResourceProperties('AWS::SQS::Queue', {
      MessageRetentionPeriod: 1_209_600,
      SqsManagedSseEnabled: true,
    });
  });

  test('may do to the table what all of the code does', () => {
    const sent = commandsOf(() => true)
      .map(asRight)
      .map((name) => `dynamodb:${name}`)
      .sort();
    expect(actionsOf(allowed(dev, 'Jobs'), 'dynamodb')).toEqual(sent);
  });

  test('reads and deletes the WAL, writes segments, and reaches nothing else', () => {
    expect(objectRights(dev, 'Jobs')).toEqual({
      wal: ['s3:DeleteObject', 's3:GetObject'],
      segments: ['s3:AbortMultipartUpload', 's3:DeleteObject', 's3:GetObject', 's3:PutObject'],
    });
    const others = allowed(dev, 'Jobs')
      .flatMap(({ Action }) => list(Action))
      .filter((action) => !/^(dynamodb|s3):/.test(action));
    expect([...new Set(others)].sort()).toEqual([
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      'sqs:SendMessage',
    ]);
  });

  test('is started by a role that may do nothing else', () => {
    const actions = allowed(dev, 'Scheduler').flatMap(({ Action }) => list(Action));
    expect(actions.sort()).toEqual(['lambda:InvokeFunction', 'sqs:SendMessage']);
  });

  test('tells when it fails again and again, and when it gave up', () => {
    for (const [MetricName, Namespace, Threshold] of [
      ['Errors', 'AWS/Lambda', 3],
      ['ApproximateNumberOfMessagesVisible', 'AWS/SQS', 1],
    ]) {
      everything.hasResourceProperties('AWS::CloudWatch::Alarm', {
        MetricName,
        Namespace,
        Threshold,
        AlarmActions: [topicArn],
      });
    }
  });
});

describe('alarms', () => {
  test('tell of crashes, of throttling, and of answers that Lambda counts as successes', () => {
    for (const MetricName of ['Errors', 'Throttles', 'Url5xxCount']) {
      everything.hasResourceProperties('AWS::CloudWatch::Alarm', {
        MetricName,
        Namespace: 'AWS/Lambda',
        Threshold: 1,
        TreatMissingData: 'notBreaching',
        AlarmActions: [topicArn],
      });
    }
  });

  test('can be left out', () => {
    dev.resourceCountIs('AWS::CloudWatch::Alarm', 0);
    prod.resourceCountIs('AWS::CloudWatch::Alarm', 5);
  });
});
