/**
 * Builds dist/: the program in chunks, so that a command loads only what it needs, and the assets of the
 * documentation page, the SDK and its types. Packages stay outside and are installed by npm.
 */

import { execFileSync } from 'node:child_process';
import { chmod, copyFile, mkdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = new URL('../', import.meta.url);
const path = (name) => fileURLToPath(new URL(name, root));
const explorer = 'openapi-explorer.min.js';

await rm(path('dist'), { recursive: true, force: true });
await build({
  absWorkingDir: path('.'),
  entryPoints: ['bin/logbrook.ts', 'bin/sdk.ts'],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  packages: 'external',
  sourcemap: true,
  logLevel: 'warning',
});
await build({
  absWorkingDir: path('.'),
  entryPoints: ['bin/sdk-portable.ts'],
  outdir: 'dist',
  bundle: true,
  platform: 'neutral',
  target: 'es2022',
  format: 'esm',
  packages: 'external',
  sourcemap: true,
  logLevel: 'warning',
});
await chmod(path('dist/logbrook.js'), 0o755);
await mkdir(path('dist/assets'), { recursive: true });
await copyFile(
  path(`node_modules/openapi-explorer/dist/browser/${explorer}`),
  path(`dist/assets/${explorer}`),
);
execFileSync(
  process.execPath,
  [path('node_modules/typescript/bin/tsc'), '-p', 'tsconfig.types.json'],
  {
    cwd: path('.'),
    stdio: 'inherit',
  },
);
