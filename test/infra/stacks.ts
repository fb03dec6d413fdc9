/** The stacks of a deployment as templates, and what is asked of them again and again. */

import { rmSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll } from 'vitest';
import cdkJson from '../../cdk.json' with { type: 'json' };
import { DataStack } from '../../lib/infra/data-stack.js';
import { readDeployment } from '../../lib/infra/deployment.js';
import { ServiceStack } from '../../lib/infra/service-stack.js';

type Context = Readonly<Record<string, string>>;

function appWith(context: Context, bundled: boolean): App {
  const bundling = bundled ? {} : { 'aws:cdk:bundling-stacks': [] };
  const app = new App({ context: { ...cdkJson.context, ...bundling, ...context } });
  afterAll(() => rmSync(app.outdir, { recursive: true, force: true }));
  return app;
}

export function synthesizeData(context: Context = {}): { template: Template; stack: DataStack } {
  const app = appWith(context, false);
  const stack = new DataStack(app, 'Data', readDeployment(app.node));
  return { template: Template.fromStack(stack), stack };
}

/** With `folder`, where the assembly lies; it holds the function only if it was asked for as bundled. */
export function synthesizeService(
  context: Context = {},
  bundled = false,
): { template: Template; folder: string } {
  const app = appWith(context, bundled);
  const deployment = readDeployment(app.node);
  const data = new DataStack(app, 'Data', deployment);
  const stack = new ServiceStack(app, 'Service', deployment, data);
  return { template: Template.fromStack(stack), folder: app.outdir };
}

export type Statement = {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
};

export const list = <T>(value: T | readonly T[]): readonly T[] =>
  Array.isArray(value) ? value : [value as T];

/** What the roles of a template may do; `whose` is how their names begin. */
export function allowed(template: Template, whose = ''): readonly Statement[] {
  return Object.entries(template.findResources('AWS::IAM::Policy'))
    .filter(([name]) => name.startsWith(whose))
    .flatMap(([, policy]) => policy.Properties.PolicyDocument.Statement as Statement[])
    .filter(({ Effect }) => Effect === 'Allow');
}
