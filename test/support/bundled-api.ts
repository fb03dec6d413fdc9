/**
 * The deployed functions' bundles, made in this process with the options that CDK hands to esbuild, and
 * what is in it.
 */

import { build, type Metafile } from 'esbuild';
import { plainBundling } from '../../lib/infra/bundling.js';

export type BundledApi = { readonly code: Uint8Array; readonly metafile: Metafile };

export const bundleApi = () => bundleOf('lambda/api.ts');

export async function bundleOf(entryPoint: string): Promise<BundledApi> {
  const { banner = '', externalModules = [], mainFields = [], minify, target } = plainBundling;
  const { outputFiles, metafile } = await build({
    entryPoints: [entryPoint],
    outfile: 'index.mjs',
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
    metafile: true,
    minify: minify ?? false,
    target: target ?? [],
    external: [...externalModules],
    mainFields: [...mainFields],
    banner: { js: banner },
  });
  const [file] = outputFiles;
  if (!file) throw new Error('esbuild made no bundle');
  return { code: file.contents, metafile };
}

/** Bytes in the bundle by package, or by room for our own files; largest first. */
export function contributors({ metafile }: BundledApi): [name: string, bytes: number][] {
  const sums = new Map<string, number>();
  for (const { inputs } of Object.values(metafile.outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const name = packageOf(path) ?? path.split('/').slice(0, -1).join('/');
      sums.set(name, (sums.get(name) ?? 0) + bytesInOutput);
    }
  }
  return [...sums].sort(([, a], [, b]) => b - a);
}

export function packageOf(path: string): string | undefined {
  return /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1];
}
