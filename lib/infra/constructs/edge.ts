/**
 * CloudFront in front of the function's URL, for the clients that speak HTTP/2 only (the AWS SDKs of
 * JavaScript and Java, to Kinesis) and for HTTP/3. It caches nothing and changes nothing but the name that
 * the function is called by; the one that the caller used, and signed, goes along in a header, with a secret
 * that proves it (docs/decisions/0013-cloudfront-tells-whom-was-asked.md).
 */

import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import {
  AllowedMethods,
  CachePolicy,
  Distribution,
  Function as EdgeFunction,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
  HttpVersion,
  OriginRequestPolicy,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { FunctionUrlOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import type { FunctionUrl, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { variables } from '../../settings/settings.js';
import type { Deployment } from '../deployment.js';

/** Written like this in lib/access/viewer-host.ts. */
const viewerHostHeader = 'x-logbrook-viewer-host';
const edgeSecretHeader = 'x-logbrook-edge-secret';

/** Longer than the longest long poll is silent; as of 2026 an account may have 120 s without asking. */
const readTimeout = Duration.seconds(90);
const keepaliveTimeout = Duration.seconds(60);
const secretLength = 48;

/** CloudFront keeps these for 10 s, for everybody, caching or not, unless it is told otherwise. */
const errorStatuses = [400, 403, 404, 405, 414, 500, 501, 502, 503, 504];

const tellViewerHost = `function handler(event) {
  var request = event.request;
  request.headers['${viewerHostHeader}'] = { value: request.headers.host.value };
  return request;
}`;

export class Edge extends Construct {
  readonly distribution: Distribution;

  constructor(
    scope: Construct,
    id: string,
    { name, stage }: Deployment,
    fn: LambdaFunction,
    url: FunctionUrl,
  ) {
    super(scope, id);
    const secret = new Secret(this, 'Secret', {
      description: `What CloudFront proves itself by to ${name} (${stage})`,
      generateSecretString: { passwordLength: secretLength, excludePunctuation: true },
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // In the clear in both configurations, as CloudFront has it in no other way. It opens nothing: whoever
    // has it may say what name they called, and still needs a key.
    const proof = secret.secretValue.unsafeUnwrap();
    fn.addEnvironment(variables.edgeSecret, proof);
    this.distribution = new Distribution(this, 'Distribution', {
      comment: `${name} (${stage})`,
      httpVersion: HttpVersion.HTTP2_AND_3,
      errorResponses: errorStatuses.map((httpStatus) => ({ httpStatus, ttl: Duration.seconds(0) })),
      defaultBehavior: {
        origin: new FunctionUrlOrigin(url, {
          customHeaders: { [edgeSecretHeader]: proof },
          readTimeout,
          keepaliveTimeout,
        }),
        allowedMethods: AllowedMethods.ALLOW_ALL,
        cachePolicy: CachePolicy.CACHING_DISABLED,
        // A function URL takes no other Host than its own.
        originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
        // Not a redirect: the first request would have sent its key in the clear.
        viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
        compress: false,
        functionAssociations: [
          {
            eventType: FunctionEventType.VIEWER_REQUEST,
            function: new EdgeFunction(this, 'TellViewerHost', {
              comment: 'Tells the function by which name it was called',
              runtime: FunctionRuntime.JS_2_0,
              code: FunctionCode.fromInline(tellViewerHost),
            }),
          },
        ],
      },
    });
  }
}
