/**
 * The installation's first access key, which can make all others: a secret that Secrets Manager draws at
 * deployment, and nobody sees unless they ask for it. And the key in KMS that seals the others' secrets.
 */

import { RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { variables } from '../../settings/settings.js';
import type { Deployment } from '../deployment.js';

/** Written like this in lib/access/access-key.ts. */
const rootKeyId = 'LBROOT';
const secretLength = 48;

export class RootKey extends Construct {
  readonly secret: Secret;
  readonly sealingKey: Key;

  constructor(scope: Construct, id: string, { name, stage, production }: Deployment) {
    super(scope, id);
    // Without it the stored keys cannot be opened again: it outlives what it sealed.
    const removalPolicy = production ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
    this.sealingKey = new Key(this, 'SealingKey', {
      description: `Seals the access keys of ${name} (${stage})`,
      enableKeyRotation: true,
      removalPolicy,
    });
    this.secret = new Secret(this, 'Secret', {
      description: `The root access key of ${name} (${stage}): Bearer <keyId>.<secret>`,
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ keyId: rootKeyId }),
        generateStringKey: 'secret',
        passwordLength: secretLength,
        excludePunctuation: true,
      },
      removalPolicy,
    });
  }

  /** Permissions and variables together, so that neither is without the other. */
  grantCheck(fn: LambdaFunction): void {
    const { sealingKey, secret } = this;
    fn.addToRolePolicy(
      new PolicyStatement({
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: [sealingKey.keyArn],
      }),
    );
    fn.addToRolePolicy(
      new PolicyStatement({
        actions: ['secretsmanager:GetSecretValue'],
        resources: [secret.secretArn],
      }),
    );
    fn.addEnvironment(variables.kmsKey, sealingKey.keyArn);
    fn.addEnvironment(variables.rootSecretArn, secret.secretArn);
  }
}
