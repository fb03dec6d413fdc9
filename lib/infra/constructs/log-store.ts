/**
 * The table and the bucket that hold a log, and who may do what with them. `grantBroker` sets the IAM
 * permissions and the environment variables together, so that neither is without the other.
 */

import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { variables } from '../../settings/settings.js';

/** What lib/store/aws sends for the broker. `ConditionCheckItem`: topics are made above the WAL floor. */
const tableActions = [
  'dynamodb:ConditionCheckItem',
  'dynamodb:DeleteItem',
  'dynamodb:GetItem',
  'dynamodb:PutItem',
  'dynamodb:Query',
  'dynamodb:UpdateItem',
];

/** What it sends for maintenance besides: deletions in batches. */
const jobTableActions = [...tableActions, 'dynamodb:BatchWriteItem'];

/** Under the WAL and under segments. The broker deletes nothing: maintenance does, by a role of its own. */
const walPrefix = 'wal';
const segmentsPrefix = 'segments';
/** What iterators and tokens of long lists are sealed with. */
const sealPrefix = 'keys';

export type LogStoreProps = {
  /** Against deletion of the table, and of table and bucket together with their stack. */
  readonly keepData: boolean;
};

export class LogStore extends Construct {
  readonly table: Table;
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, { keepData }: LogStoreProps) {
    super(scope, id);
    const removalPolicy = keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
    // No `encryption`: DynamoDB always encrypts. Its own key costs nothing and, unlike one in KMS, cannot
    // throttle a commit.
    this.table = new Table(this, 'Table', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: keepData,
      removalPolicy,
    });
    this.bucket = new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      // An object is referenced for as long as the retention of its topics says, which may be for ever:
      // no age is safe to expire by. So the backstop clears only what no log can point to.
      lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(7) }],
      removalPolicy,
    });
  }

  grantBroker(fn: LambdaFunction): void {
    // Nothing is listed. But without it S3 answers a read of a missing object with "access denied".
    this.grantStore(fn, tableActions);
    this.grantObjects(fn, ['s3:GetObject', 's3:PutObject'], walPrefix);
    this.grantObjects(fn, ['s3:GetObject'], segmentsPrefix);
    this.grantObjects(fn, ['s3:GetObject', 's3:PutObject'], sealPrefix);
  }

  /** Whoever maintains the log reads what brokers wrote, writes segments, and deletes both. */
  grantJobs(fn: LambdaFunction): void {
    this.grantStore(fn, jobTableActions);
    this.grantObjects(fn, ['s3:GetObject', 's3:DeleteObject'], walPrefix);
    const segmentActions = [
      's3:GetObject',
      's3:PutObject',
      's3:AbortMultipartUpload',
      's3:DeleteObject',
    ];
    this.grantObjects(fn, segmentActions, segmentsPrefix);
  }

  private grantObjects(fn: LambdaFunction, actions: string[], prefix: string): void {
    const resources = [this.bucket.arnForObjects(`${prefix}/*`)];
    fn.addToRolePolicy(new PolicyStatement({ actions, resources }));
  }

  /** The table, the listing of the bucket, and the names of both. */
  private grantStore(fn: LambdaFunction, actions: string[]): void {
    const { table, bucket } = this;
    fn.addToRolePolicy(new PolicyStatement({ actions, resources: [table.tableArn] }));
    fn.addToRolePolicy(
      new PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn] }),
    );
    fn.addEnvironment(variables.table, table.tableName);
    fn.addEnvironment(variables.bucket, bucket.bucketName);
  }
}
