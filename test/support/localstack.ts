/**
 * LocalStack's S3 and DynamoDB on one endpoint without Docker, for the tests: installed from PyPI
 * into a virtual environment on first use, and given the DynamoDB Local that the tests have anyway.
 */

import { spawnSync } from 'node:child_process';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dynamodbLocalFolder, dynamodbLocalMissing } from './dynamodb-local.js';
import { installedFolder, runToEnd, type SpawnedServer, startServer } from './spawned-server.js';

/** The last version whose DynamoDB runs on a Python before 3.13. */
const version = '4.9.2';
/** Its dependencies have no upper bounds, and today's releases break it: take those of its time. */
const dependenciesPublishedBefore = '2025-10-20';
const neededPythonMinor = 11;
/** The first pip that can look at publishing dates. */
const pip = 'pip>=26,<27';

/**
 * Stands where LocalStack looks for the Java that it would otherwise download, and leaves out the
 * agent that only its own download of DynamoDB Local holds (it allows more than 20 indexes).
 */
const javaStandIn = `#!/bin/sh
PATH=\${PATH#*:}
for arg do
  shift
  case $arg in -javaagent:*) ;; *) set -- "$@" "$arg" ;; esac
done
exec java "$@"
`;

/** Why LocalStack cannot run here, if it cannot. */
export function localstackMissing(): string | undefined {
  const program = 'import ensurepip, sys, venv; print(sys.version_info[1])';
  const python = spawnSync('python3', ['-c', program], { encoding: 'utf8' });
  if (python.error) return 'LocalStack needs Python 3, and there is no python3 on the path';
  const minor = Number(python.stdout.trim());
  if (python.status !== 0) return 'LocalStack needs a Python 3 with venv and ensurepip';
  if (minor < neededPythonMinor) {
    return `LocalStack needs Python 3.${neededPythonMinor}, and python3 here is 3.${minor}`;
  }
  return dynamodbLocalMissing();
}

/** It takes any credentials: a wrong secret is not refused here, as it is by startS3Server. */
export async function startLocalstack(): Promise<SpawnedServer> {
  const environment = await localstackFolder();
  const dynamodbLocal = await dynamodbLocalFolder();
  return startServer({
    name: 'LocalStack',
    startTimeoutMs: 60_000,
    isReady: servicesRun,
    launch: async ({ port, scratchFolder }) => {
      const root = join(scratchFolder, 'root');
      await placePackages(join(root, 'var/lib/localstack/lib'), dynamodbLocal);
      return {
        command: join(environment, 'bin/python'),
        args: ['-m', 'localstack.runtime.main'],
        env: { ...quietHostMode(root, scratchFolder), GATEWAY_LISTEN: `127.0.0.1:${port}` },
      };
    },
  });
}

/** Nothing outside the scratch folder, nothing over the network, ready at once. */
function quietHostMode(root: string, scratchFolder: string): NodeJS.ProcessEnv {
  return {
    // In a CI job's container it would take itself for its own image and write to /var/lib.
    OVERRIDE_IN_DOCKER: '0',
    FILESYSTEM_ROOT: root,
    TMPDIR: scratchFolder,
    XDG_CACHE_HOME: scratchFolder,
    SERVICES: 's3,dynamodb',
    EAGER_SERVICE_LOADING: '1',
    DYNAMODB_IN_MEMORY: '1',
    DISABLE_EVENTS: '1',
    DNS_ADDRESS: '0',
    SKIP_SSL_CERT_DOWNLOAD: '1',
    LS_LOG: 'warn',
  };
}

async function servicesRun(endpoint: string, signal: AbortSignal): Promise<boolean> {
  const response = await fetch(`${endpoint}/_localstack/health`, { signal });
  const { services } = (await response.json()) as { services: Record<string, string> };
  return services.s3 === 'running' && services.dynamodb === 'running';
}

async function placePackages(libraries: string, dynamodbLocal: string): Promise<void> {
  const javaFolder = join(libraries, 'java/21/bin');
  await Promise.all([
    mkdir(javaFolder, { recursive: true }),
    mkdir(join(libraries, 'dynamodb-local'), { recursive: true }),
  ]);
  await symlink(dynamodbLocal, join(libraries, 'dynamodb-local/2'));
  const java = join(javaFolder, 'java');
  await writeFile(java, javaStandIn);
  await chmod(java, 0o755);
}

function localstackFolder(): Promise<string> {
  return installedFolder(`localstack-${version}`, async (folder) => {
    await runToEnd('python3', ['-m', 'venv', folder]);
    const install = (...args: string[]) =>
      runToEnd(join(folder, 'bin/python'), ['-m', 'pip', 'install', '--quiet', ...args]);
    await install('--upgrade', pip);
    await install(
      `--uploaded-prior-to=${dependenciesPublishedBefore}`,
      // Not the whole `runtime`: S3 and DynamoDB need only these two of its many packages.
      ...[`localstack-core[base-runtime]==${version}`, 'moto-ext', 'pymongo'],
    );
  });
}
