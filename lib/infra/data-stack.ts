/**
 * What must outlive every deployment: the log itself, and what opens its access keys. A stack of its own, so that the service can be
 * replaced or removed without it.
 */

import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { LogStore } from './constructs/log-store.js';
import { RootKey } from './constructs/root-key.js';
import type { Deployment } from './deployment.js';

export class DataStack extends Stack {
  readonly logStore: LogStore;
  readonly rootKey: RootKey;

  constructor(scope: Construct, id: string, deployment: Deployment, props: StackProps = {}) {
    super(scope, id, { ...props, terminationProtection: deployment.production });
    this.logStore = new LogStore(this, 'Log', { keepData: deployment.production });
    this.rootKey = new RootKey(this, 'RootKey', deployment);
    new CfnOutput(this, 'RootKeySecretArn', { value: this.rootKey.secret.secretArn });
    new CfnOutput(this, 'TableName', { value: this.logStore.table.tableName });
    new CfnOutput(this, 'BucketName', { value: this.logStore.bucket.bucketName });
  }
}
