/**
 * Envelope encryption: secrets are sealed under a data key, and that by a key that never leaves KMS. A
 * data key is remembered, so that KMS is asked once for each that a process meets, not for each request.
 *
 *   sealed: <data key, encrypted by KMS, base64>.<secret, sealed by the cipher>
 */

import { DecryptCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import type { Cipher, SecretBox } from '../secret-box.js';
import { replyTo } from './aws-errors.js';

const encryptionContext = { purpose: 'logbrook-access-keys' };
const remembered = 100;
const attemptsMax = 3;
const connectionTimeoutMs = 2_000;
const requestTimeoutMs = 5_000;

type DataKey = { readonly encrypted: string; readonly plain: Uint8Array };

export function createKmsSecretBox(
  keyId: string,
  cipher: Cipher,
  kms: KMSClient = createKmsClient(),
): SecretBox {
  const known = new Map<string, Promise<Uint8Array>>();
  let own: Promise<DataKey> | undefined;

  async function generate(): Promise<DataKey> {
    const command = new GenerateDataKeyCommand({
      KeyId: keyId,
      NumberOfBytes: cipher.keyBytes,
      EncryptionContext: encryptionContext,
    });
    const { CiphertextBlob, Plaintext } = await replyTo('read', kms.send(command));
    if (!CiphertextBlob || !Plaintext) throw new Error('KMS made no data key');
    const encrypted = toBase64(CiphertextBlob);
    remember(encrypted, Promise.resolve(Plaintext));
    return { encrypted, plain: Plaintext };
  }

  function remember(encrypted: string, plain: Promise<Uint8Array>): void {
    const [oldest] = known.size >= remembered ? known.keys() : [];
    if (oldest !== undefined) known.delete(oldest);
    known.set(encrypted, plain);
  }

  async function decrypt(encrypted: string): Promise<Uint8Array> {
    const command = new DecryptCommand({
      KeyId: keyId,
      CiphertextBlob: fromBase64(encrypted),
      EncryptionContext: encryptionContext,
    });
    const { Plaintext } = await replyTo('read', kms.send(command));
    if (Plaintext) return Plaintext;
    throw new Error('KMS decrypted no data key');
  }

  function dataKey(encrypted: string): Promise<Uint8Array> {
    const found = known.get(encrypted);
    if (found !== undefined) return found;
    const plain = decrypt(encrypted);
    remember(encrypted, plain);
    plain.catch(() => known.delete(encrypted));
    return plain;
  }

  return {
    async seal(text, context) {
      own ??= generate().catch((error) => {
        own = undefined;
        throw error;
      });
      const { encrypted, plain } = await own;
      return `${encrypted}.${cipher.seal(plain, text, context)}`;
    },
    async open(sealed, context) {
      const [encrypted = '', text = ''] = sealed.split('.');
      return cipher.open(await dataKey(encrypted), text, context);
    },
  };
}

export function createKmsClient(): KMSClient {
  return new KMSClient({
    maxAttempts: attemptsMax,
    requestHandler: {
      connectionTimeout: connectionTimeoutMs,
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
    },
  });
}

function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}
