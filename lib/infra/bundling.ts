/**
 * How the functions are bundled: one minified ES module with everything in it, the AWS SDK too, so that
 * what was tested is what runs. By esbuild on this machine, never in Docker.
 */

import { type BundlingOptions, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';

const explorer = 'openapi-explorer.min.js';

export const plainBundling: BundlingOptions = {
  forceDockerBundling: false,
  format: OutputFormat.ESM,
  minify: true,
  target: 'node24',
  mainFields: ['module', 'main'],
  // Native and optional: the checksum falls back to JavaScript.
  externalModules: ['@node-rs/crc32'],
  // CommonJS packages in the bundle still call `require` for Node's own modules.
  banner:
    "import{createRequire as bundleRequire}from'node:module';const require=bundleRequire(import.meta.url);",
};

export const apiBundling: BundlingOptions = {
  ...plainBundling,
  commandHooks: {
    beforeBundling: () => [],
    beforeInstall: () => [],
    // The page at /docs loads it from here.
    afterBundling: (inputDir, outputDir) => [
      `cp "${inputDir}/node_modules/openapi-explorer/dist/browser/${explorer}" "${outputDir}/${explorer}"`,
    ],
  },
};
