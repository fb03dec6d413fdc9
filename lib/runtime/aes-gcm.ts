/**
 * AES-256-GCM: a text sealed under a key, for one context. Opened under another key or context, or
 * altered, it throws.
 *
 *   sealed: base64 of   nonce (12) | ciphertext | tag (16)
 */

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Cipher } from '../store/secret-box.js';

const nonceBytes = 12;
const tagBytes = 16;

export const aesGcm: Cipher = {
  keyBytes: 32,
  seal(key, text, context) {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context));
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, sealed, cipher.getAuthTag()]).toString('base64');
  },
  open(key, sealed, context) {
    const bytes = Buffer.from(sealed, 'base64');
    const end = bytes.length - tagBytes;
    if (end < nonceBytes) throw new Error('a sealed text is too short');
    const nonce = bytes.subarray(0, nonceBytes);
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
      .setAAD(Buffer.from(context))
      .setAuthTag(bytes.subarray(end));
    const text = decipher.update(bytes.subarray(nonceBytes, end));
    return Buffer.concat([text, decipher.final()]).toString('utf8');
  },
};
