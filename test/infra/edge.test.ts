/** lib/infra/constructs/edge.js: CloudFront in front of the function, and whom the function believes. */

import { runInNewContext } from 'node:vm';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { expect, test } from 'vitest';
import { edgeSecretHeader, viewerHostHeader } from '../../lib/access/viewer-host.js';
import { httpDefaults } from '../../lib/http/http-deps.js';
import { kinesisDefaults } from '../../lib/kinesis/action.js';
import { fetchWaitMsMax } from '../../lib/log/limits.js';
import { parseSettings, variables } from '../../lib/settings/settings.js';
import { synthesizeService } from './stacks.js';

const { template } = synthesizeService();
const { template: without } = synthesizeService({ edge: 'false' });

function only(of: Template, type: string) {
  const found = Object.values(of.findResources(type));
  expect(found).toHaveLength(1);
  return found[0]?.Properties;
}

const config = only(template, 'AWS::CloudFront::Distribution').DistributionConfig;

test('speaks HTTP/2 and HTTP/3, by TLS alone, and is on', () => {
  expect(config).toMatchObject({ HttpVersion: 'http2and3', Enabled: true });
  expect(config.DefaultCacheBehavior.ViewerProtocolPolicy).toBe('https-only');
  template.hasOutput('EdgeUrl', { Value: { 'Fn::Join': ['', ['https://', Match.anyValue()]] } });
});

test('hands on every method, header and parameter, except the Host, and keeps nothing', () => {
  const { AllowedMethods, ...behaviour } = config.DefaultCacheBehavior;
  expect([...AllowedMethods].sort()).toEqual(
    ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'].sort(),
  );
  // AWS's own policies: CachingDisabled, and AllViewerExceptHostHeader.
  expect(behaviour).toMatchObject({
    CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
    OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
    Compress: false,
  });
  expect(config.CacheBehaviors).toBeUndefined();
});

test('keeps no failure either: the next caller may be another one', () => {
  const kept = config.CustomErrorResponses as { ErrorCode: number; ErrorCachingMinTTL: number }[];
  for (const { ErrorCachingMinTTL } of kept) expect(ErrorCachingMinTTL).toBe(0);
  expect(kept.map(({ ErrorCode }) => ErrorCode)).toEqual([
    400, 403, 404, 405, 414, 500, 501, 502, 503, 504,
  ]);
});

test('waits longer than the function is ever silent', () => {
  const [origin, ...others] = config.Origins;
  expect(others).toEqual([]);
  const { OriginReadTimeout, OriginKeepaliveTimeout, OriginProtocolPolicy } =
    origin.CustomOriginConfig;
  const silentMs = Math.max(fetchWaitMsMax, httpDefaults.heartbeatMs, kinesisDefaults.heartbeatMs);
  expect(OriginReadTimeout * 1_000).toBeGreaterThan(silentMs);
  // What an account may have without asking for more.
  expect(OriginReadTimeout).toBeLessThanOrEqual(120);
  expect(OriginKeepaliveTimeout).toBeLessThanOrEqual(300);
  expect(OriginProtocolPolicy).toBe('https-only');
  expect(origin.ResponseCompletionTimeout).toBeUndefined();
});

test('proves itself by a secret that the function has too, and that nobody chose', () => {
  const [origin] = config.Origins;
  const [header, ...others] = origin.OriginCustomHeaders;
  expect(others).toEqual([]);
  expect(header.HeaderName).toBe(edgeSecretHeader);
  const reference = JSON.stringify(header.HeaderValue);
  expect(reference).toMatch(/{{resolve:secretsmanager:.*"Ref":"Edge.*:SecretString:::}}/);
  const functions = Object.values(template.findResources('AWS::Lambda::Function'));
  const holders = functions.filter(({ Properties }) =>
    JSON.stringify(Properties.Environment).includes(variables.edgeSecret),
  );
  expect(holders.map(({ Properties }) => Properties.Description)).toEqual([
    'Logbrook HTTP API (dev)',
  ]);
  const { Variables } = (holders[0] as (typeof holders)[number]).Properties.Environment;
  expect(JSON.stringify(Variables[variables.edgeSecret])).toBe(reference);
  const { GenerateSecretString } = only(template, 'AWS::SecretsManager::Secret');
  expect(GenerateSecretString).toEqual({ PasswordLength: 48, ExcludePunctuation: true });
  const drawn = { [variables.edgeSecret]: 'aB3'.repeat(16) };
  expect(parseSettings(drawn)).toMatchObject({ settings: { edgeSecret: 'aB3'.repeat(16) } });
});

test('tells the name that the caller used, whatever the caller claims', () => {
  const { FunctionCode, FunctionConfig, AutoPublish } = only(template, 'AWS::CloudFront::Function');
  expect([FunctionConfig.Runtime, AutoPublish]).toEqual(['cloudfront-js-2.0', true]);
  const [association, ...others] = config.DefaultCacheBehavior.FunctionAssociations;
  expect([association.EventType, others]).toEqual(['viewer-request', []]);
  const headers = {
    host: { value: 'd111.cloudfront.net' },
    [viewerHostHeader]: { value: 'evil.example.com' },
    authorization: { value: 'AWS4-HMAC-SHA256 x' },
  };
  const event = { request: { method: 'POST', uri: '/', headers } };
  const sent = runInNewContext(`${FunctionCode}; handler(event)`, { event });
  expect(sent.headers).toEqual({
    ...headers,
    [viewerHostHeader]: { value: 'd111.cloudfront.net' },
  });
  expect([sent.method, sent.uri]).toEqual(['POST', '/']);
});

test('can be left out, and then the function believes nobody', () => {
  without.resourceCountIs('AWS::CloudFront::Distribution', 0);
  without.resourceCountIs('AWS::CloudFront::Function', 0);
  without.resourceCountIs('AWS::SecretsManager::Secret', 0);
  expect(JSON.stringify(without.toJSON())).not.toContain(variables.edgeSecret);
});
