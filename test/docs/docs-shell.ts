/** The lines that a page of the documentation shows, run by a shell on a new server. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startServerProcess } from '../support/logbrook-process.js';

const root = path.resolve(import.meta.dirname, '../..');

/** What stands in the blocks of shell commands, in order. */
export function blocksOf(page: string): string[] {
  const text = readFileSync(path.join(root, 'docs', page), 'utf8');
  return [...text.matchAll(/```sh\n(.*?)```/gs)].map(([, block = '']) => block);
}

export type DocsShell = { run(lines: string): string; close(): Promise<void> };

export async function startDocsShell(environment: Record<string, string> = {}): Promise<DocsShell> {
  const home = mkdtempSync(path.join(tmpdir(), 'logbrook-docs-'));
  const server = await startServerProcess(['--port', '0', '--store', 'memory'], environment);
  const logbrook = `logbrook() { ${process.execPath} ${path.join(root, 'dist/logbrook.js')} "$@"; }`;
  return {
    run: (lines) =>
      execFileSync('bash', ['-euo', 'pipefail', '-c', `${logbrook}\n${lines}`], {
        cwd: home,
        encoding: 'utf8',
        env: { ...process.env, HOME: home, LOGBROOK_URL: server.url },
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: 60_000,
      }),
    async close() {
      await server.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
