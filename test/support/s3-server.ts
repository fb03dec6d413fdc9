/**
 * An S3 server for the tests: Versity's gateway over a scratch folder, built by Go on first use. It
 * was chosen because it keeps what the log relies on: of any number of PUTs with If-None-Match at
 * once exactly one succeeds, and a body that does not match its checksum is refused.
 */

import { spawnSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { installedFolder, runToEnd, type SpawnedServer, startServer } from './spawned-server.js';

const gateway = 'github.com/versity/versitygw/cmd/versitygw';
const gatewayVersion = 'v1.8.0';
const neededGoMinor = 25;
/** From here on Go fetches a newer Go by itself, where it is allowed to. */
const selfUpdatingGoMinor = 21;

const credentials = { accessKeyId: 'logbrooktest', secretAccessKey: 'logbrook-test-secret' };

export interface S3Server extends SpawnedServer {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Why the S3 server cannot be built here, if it cannot. */
export function s3ServerMissing(): string | undefined {
  const go = spawnSync('go', ['env', 'GOVERSION', 'GOTOOLCHAIN'], { encoding: 'utf8' });
  if (go.error) return 'the S3 server needs Go, and there is no go on the path';
  const [version = '', toolchain = ''] = go.stdout.trim().split('\n');
  const minor = Number(/^go1\.(\d+)/.exec(version)?.[1] ?? 0);
  const updatesItself = minor >= selfUpdatingGoMinor && toolchain.startsWith('auto');
  if (minor >= neededGoMinor || updatesItself) return undefined;
  return `the S3 server needs Go 1.${neededGoMinor}, and go here is ${version || 'unknown'}`;
}

export async function startS3Server(): Promise<S3Server> {
  const folder = await gatewayFolder();
  const server = await startServer({
    name: 'The S3 server',
    startTimeoutMs: 15_000,
    launch: async ({ port, scratchFolder }) => {
      const objects = join(scratchFolder, 'objects');
      // Metadata in files of its own, because not every file system has extended attributes.
      const metadata = join(scratchFolder, 'metadata');
      await Promise.all([mkdir(objects), mkdir(metadata)]);
      return {
        command: join(folder, 'versitygw'),
        args: ['--quiet', '--port', `127.0.0.1:${port}`, 'posix', '--sidecar', metadata, objects],
        env: {
          ROOT_ACCESS_KEY: credentials.accessKeyId,
          ROOT_SECRET_KEY: credentials.secretAccessKey,
        },
      };
    },
  });
  return { ...server, ...credentials };
}

/** Without C and without debug information: no compiler is needed, and half the size is enough. */
function gatewayFolder(): Promise<string> {
  return installedFolder(`versitygw-${gatewayVersion}`, (folder) =>
    runToEnd('go', ['install', '-ldflags=-s -w', `${gateway}@${gatewayVersion}`], {
      GOBIN: folder,
      CGO_ENABLED: '0',
    }),
  );
}
