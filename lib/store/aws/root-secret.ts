/**
 * The secret of the installation's root key, which the deployment makes in Secrets Manager. Read anew
 * whenever it is asked for: who remembers it, and how briefly, is the caller's business.
 */

import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CorruptData } from '../../log/corrupt-data.js';
import { decodeStored, replyTo } from './aws-errors.js';

const attemptsMax = 3;
const connectionTimeoutMs = 2_000;
const requestTimeoutMs = 5_000;

export function createRootSecret(
  secretArn: string,
  client: SecretsManagerClient = createSecretsManagerClient(),
): () => Promise<string> {
  return async () => {
    const command = new GetSecretValueCommand({ SecretId: secretArn });
    const { SecretString = '' } = await replyTo('read', client.send(command));
    return decodeStored('none', () => secretIn(SecretString));
  };
}

/** As the deployment made it: {"keyId": "LBROOT", "secret": ...}; or the secret alone. */
function secretIn(text: string): string {
  const [, inJson] = /"secret"\s*:\s*"([A-Za-z0-9]+)"/.exec(text) ?? [];
  const secret = inJson ?? text.trim();
  if (/^[A-Za-z0-9]{32,128}$/.test(secret)) return secret;
  throw new CorruptData('the root key in Secrets Manager is not 32 to 128 letters and digits');
}

export function createSecretsManagerClient(): SecretsManagerClient {
  return new SecretsManagerClient({
    maxAttempts: attemptsMax,
    requestHandler: {
      connectionTimeout: connectionTimeoutMs,
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
    },
  });
}
