/**
 * The CDK app: `cdk deploy --all -c stage=prod`. Stacks belong to no account or region until they are
 * deployed, so synth needs neither.
 */

import { App } from 'aws-cdk-lib';
import { DataStack } from '../lib/infra/data-stack.js';
import { readDeployment } from '../lib/infra/deployment.js';
import { ServiceStack } from '../lib/infra/service-stack.js';

const app = new App();
const deployment = readDeployment(app.node);
const { name, stage } = deployment;
const data = new DataStack(app, `${name}-${stage}-Data`, deployment);
new ServiceStack(app, `${name}-${stage}-Service`, deployment, data);
