/**
 * Builds dist/: the program in chunks, so that a command loads only what it needs, and the assets of the
 * documentation page. Packages stay outside and are installed by npm.
 */

import { chmod, copyFile, mkdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = new URL('../', import.meta.url);
const path = (name) => fileURLToPath(new URL(name, root));
const explorer = 'openapi-explorer.min.js';

await rm(path('dist'), { recursive: true, force: true });
await build({
  absWorkingDir: path('.'),
  entryPoints: ['bin/logbrook.ts'],
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
await chmod(path('dist/logbrook.js'), 0o755);
await mkdir(path('dist/assets'), { recursive: true });
await copyFile(
  path(`node_modules/openapi-explorer/dist/browser/${explorer}`),
  path(`dist/assets/${explorer}`),
);
