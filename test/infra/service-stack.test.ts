/** What is promised of the deployed function: lib/infra/service-stack.js, constructs/log-store.js. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
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
      Timeout: 120,
      Handler: 'index.handler',
      ReservedConcurrentExecutions: Match.absent(),
      TracingConfig: Match.absent(),
    });
  });

  test('takes its limits from the context', () => {
    everything.allResourcesProperties('AWS::Lambda::Function', {
      MemorySize: 1024,
      ReservedConcurrentExecutions: 7,
      TracingConfig: { Mode: 'Active' },
    });
    prod.allResourcesProperties('AWS::Lambda::Function', {
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
    const asset = readdirSync(folder).find((name) => name.startsWith('asset.')) ?? '';
    expect(readdirSync(join(folder, asset)).sort()).toEqual([
      'index.mjs',
      'openapi-explorer.min.js',
    ]);
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
      template.allResourcesProperties('AWS::Lambda::Function', {
        Environment: {
          Variables: {
            LOGBROOK_KMS_KEY: Match.anyValue(),
            LOGBROOK_ROOT_SECRET_ARN: Match.anyValue(),
            LOGBROOK_ROOT_KEY: Match.absent(),
          },
        },
      });
      expect(JSON.stringify(template.toJSON())).not.toContain('{{resolve:secretsmanager');
    }
  });
});

describe('the role', () => {
  const actionsOf = (statements: readonly Statement[], service: string) =>
    statements
      .flatMap(({ Action }) => list(Action))
      .filter((action) => action.startsWith(`${service}:`))
      .sort();

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
    const wide = allowed(everything).filter(({ Resource }) => list(Resource).includes('*'));
    expect(wide.flatMap(({ Action }) => list(Action)).sort()).toEqual([
      'xray:PutTelemetryRecords',
      'xray:PutTraceSegments',
    ]);
  });

  /** Commands that lib/store/aws sends, apart from what makes tables for emulators. */
  test('may do to the table what the code does, no more and no less', () => {
    const folder = 'lib/store/aws';
    const sources = readdirSync(folder)
      .filter((name) => name.startsWith('dynamo-'))
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .join();
    const commands = [...sources.matchAll(/new (\w+)Command\(/g)].map(([, name]) => name);
    // Deleting many items is for clean-up, like deleting objects; pages are replaced by leaders.
    const ofJobs = ['BatchWriteItem', 'TransactWriteItems'];
    const served = new Set(commands.filter((name) => name && !ofJobs.includes(name)));
    const sent = [...served].map((name) => `dynamodb:${name}`).sort();
    expect(actionsOf(allowed(dev), 'dynamodb')).toEqual(sent);
  });

  test('reads and writes objects under wal/ and keys/ alone, and deletes none', () => {
    const statements = allowed(dev);
    expect(actionsOf(statements, 's3')).toEqual(['s3:GetObject', 's3:ListBucket', 's3:PutObject']);
    const objects = statements.filter(({ Action }) => list(Action).includes('s3:PutObject'));
    expect(objects).toHaveLength(1);
    const resources = JSON.stringify(objects[0]?.Resource);
    for (const place of ['"/wal/*"', '"/keys/*"']) expect(resources).toContain(place);
  });

  test('opens sealed keys with one key of KMS, and reads one secret', () => {
    const statements = allowed(dev);
    expect(actionsOf(statements, 'kms')).toEqual(['kms:Decrypt', 'kms:GenerateDataKey']);
    expect(actionsOf(statements, 'secretsmanager')).toEqual(['secretsmanager:GetSecretValue']);
    const about = statements.filter(({ Action }) => /kms|secretsmanager/.test(list(Action).join()));
    for (const { Resource } of about) expect(list(Resource)).toHaveLength(1);
    expect(JSON.stringify(about.map(({ Resource }) => Resource))).toMatch(/RootKey.*RootKey/);
  });

  test('does nothing else but log', () => {
    const others = allowed(dev)
      .flatMap(({ Action }) => list(Action))
      .filter((action) => !/^(dynamodb|s3|kms|secretsmanager):/.test(action));
    expect(others.sort()).toEqual(['logs:CreateLogStream', 'logs:PutLogEvents']);
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
    prod.resourceCountIs('AWS::CloudWatch::Alarm', 3);
  });
});
