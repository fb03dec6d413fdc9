/** What is promised of the table and the bucket: lib/infra/data-stack.js, constructs/log-store.js. */

import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { synthesizeData } from './stacks.js';

const { template: dev, stack: devStack } = synthesizeData();
const { template: prod, stack: prodStack } = synthesizeData({ stage: 'prod' });

describe('the table', () => {
  test('has the keys that the items are written by, and is paid for by request', () => {
    dev.hasResourceProperties('AWS::DynamoDB::Table', {
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      TimeToLiveSpecification: Match.absent(),
      ProvisionedThroughput: Match.absent(),
    });
  });

  test('can be restored to any second, in every stage', () => {
    for (const template of [dev, prod]) {
      template.allResourcesProperties('AWS::DynamoDB::Table', {
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      });
    }
  });

  test('is encrypted by the key of DynamoDB itself, which is what an absent specification means', () => {
    dev.allResourcesProperties('AWS::DynamoDB::Table', { SSESpecification: Match.absent() });
  });
});

describe('the bucket', () => {
  test('is encrypted, and nobody can make any of it public', () => {
    dev.allResourcesProperties('AWS::S3::Bucket', {
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          { ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } },
        ],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
    });
  });

  test('is reached over TLS only, 1.2 or newer', () => {
    for (const Condition of [
      { Bool: { 'aws:SecureTransport': 'false' } },
      { NumericLessThan: { 's3:TlsVersion': 1.2 } },
    ]) {
      dev.hasResourceProperties('AWS::S3::BucketPolicy', {
        PolicyDocument: {
          Statement: Match.arrayWith([
            Match.objectLike({
              Effect: 'Deny',
              Action: 's3:*',
              Principal: { AWS: '*' },
              Condition,
            }),
          ]),
        },
      });
    }
  });

  test('clears uploads that were never completed, and expires nothing that a log may point to', () => {
    dev.allResourcesProperties('AWS::S3::Bucket', {
      LifecycleConfiguration: {
        Rules: [{ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 }, Status: 'Enabled' }],
      },
    });
    expect(JSON.stringify(dev.toJSON())).not.toMatch(/Expiration/);
  });
});

describe('the root key', () => {
  test('is drawn at deployment, out of letters and digits alone', () => {
    dev.resourceCountIs('AWS::SecretsManager::Secret', 1);
    dev.hasResourceProperties('AWS::SecretsManager::Secret', {
      GenerateSecretString: {
        SecretStringTemplate: '{"keyId":"LBROOT"}',
        GenerateStringKey: 'secret',
        PasswordLength: 48,
        ExcludePunctuation: true,
      },
      SecretString: Match.absent(),
    });
    dev.hasOutput('RootKeySecretArn', {});
  });

  test('the other keys are sealed by a key that turns, and in prod stays', () => {
    dev.allResourcesProperties('AWS::KMS::Key', { EnableKeyRotation: true });
    for (const type of ['AWS::KMS::Key', 'AWS::SecretsManager::Secret']) {
      prod.allResources(type, { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    }
  });
});

describe('the stage prod', () => {
  test('keeps its data when the stack is deleted, and the stack when somebody tries', () => {
    prod.allResourcesProperties('AWS::DynamoDB::Table', { DeletionProtectionEnabled: true });
    for (const type of ['AWS::DynamoDB::Table', 'AWS::S3::Bucket']) {
      prod.allResources(type, { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    }
    expect(prodStack.terminationProtection).toBe(true);
  });

  test('is the only one that does', () => {
    dev.allResourcesProperties('AWS::DynamoDB::Table', { DeletionProtectionEnabled: false });
    dev.allResources('AWS::S3::Bucket', { DeletionPolicy: 'Delete' });
    expect(devStack.terminationProtection).toBe(false);
  });
});

test('the names of table and bucket are told', () => {
  dev.hasOutput('TableName', {});
  dev.hasOutput('BucketName', {});
});
