/** lib/store/aws/kms-secret-box.js and root-secret.js: what is asked of KMS and Secrets Manager, and how seldom. */

import { DecryptCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { mockClient } from 'aws-sdk-client-mock';
import { describe, expect, test } from 'vitest';
import { aesGcm } from '../../../lib/runtime/aes-gcm.js';
import { createKmsSecretBox } from '../../../lib/store/aws/kms-secret-box.js';
import { createRootSecret } from '../../../lib/store/aws/root-secret.js';

/** A KMS whose ciphertext is the data key with each bit turned. */
function fakeKms() {
  const client = new KMSClient({ region: 'eu-central-1' });
  const kms = mockClient(client as never);
  let made = 0;
  const turned = (bytes: Uint8Array) => bytes.map((byte) => byte ^ 255);
  kms.on(GenerateDataKeyCommand as never).callsFake(() => {
    made++;
    const Plaintext = new Uint8Array(32).fill(made);
    return { Plaintext, CiphertextBlob: turned(Plaintext) };
  });
  kms
    .on(DecryptCommand as never)
    .callsFake(({ CiphertextBlob }: { CiphertextBlob: Uint8Array }) => ({
      Plaintext: turned(CiphertextBlob),
    }));
  return { client, kms };
}

describe('the envelope', () => {
  test('opens elsewhere, asking KMS once for each data key', async () => {
    const { client, kms } = fakeKms();
    const one = createKmsSecretBox('alias/x', aesGcm, client);
    const sealed = await Promise.all(['a', 'b', 'c'].map((text) => one.seal(text, 'id')));
    expect(await one.open(sealed[0] ?? '', 'id')).toBe('a');
    expect(kms.calls()).toHaveLength(1);
    const other = createKmsSecretBox('alias/x', aesGcm, client);
    expect(await Promise.all(sealed.map((text) => other.open(text, 'id')))).toEqual([
      'a',
      'b',
      'c',
    ]);
    expect(kms.calls()).toHaveLength(2);
    const [, decrypt] = kms.calls();
    expect(decrypt?.args[0].input).toMatchObject({
      KeyId: 'alias/x',
      EncryptionContext: { purpose: 'logbrook-access-keys' },
    });
    await expect(other.open(sealed[0] ?? '', 'other id')).rejects.toThrow();
  });

  test('a failure is told, and not remembered', async () => {
    const { client, kms } = fakeKms();
    const sealed = await createKmsSecretBox('alias/x', aesGcm, client).seal('a', 'id');
    const other = createKmsSecretBox('alias/x', aesGcm, client);
    kms
      .on(DecryptCommand as never)
      .rejectsOnce(Object.assign(new Error('slow down'), { name: 'ThrottlingException' }));
    await expect(other.open(sealed, 'id')).rejects.toMatchObject({ reason: 'throttled' });
    kms.on(DecryptCommand as never).resolves({ Plaintext: new Uint8Array(32).fill(1) } as never);
    expect(await other.open(sealed, 'id')).toBe('a');
  });
});

describe('the root secret', () => {
  const secretOf = (SecretString: string) => {
    const client = new SecretsManagerClient({ region: 'eu-central-1' });
    mockClient(client as never)
      .on(GetSecretValueCommand as never)
      .resolves({ SecretString } as never);
    return createRootSecret('arn:secret', client)();
  };
  const secret = 'A1'.repeat(24);

  test('is read as the deployment made it, or alone', async () => {
    expect(await secretOf(JSON.stringify({ keyId: 'LBROOT', secret }))).toBe(secret);
    expect(await secretOf(`${secret}\n`)).toBe(secret);
  });

  test.each(['', '{}', 'short', `{"secret":"${'x'.repeat(31)}"}`, `${secret}-`])(
    '%j opens nothing',
    async (text) => {
      await expect(secretOf(text)).rejects.toMatchObject({ reason: 'corrupt' });
    },
  );
});
