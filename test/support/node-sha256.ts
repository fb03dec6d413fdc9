/** The hash that the SDK's own signer asks for, by Node: with a secret, it is the HMAC. */

import { utf8 } from '../../lib/access/hashing.js';
import { nodeHashing } from '../../lib/runtime/node-hashing.js';

export class NodeSha256 {
  private readonly parts: Uint8Array[] = [];
  private readonly key: Uint8Array | undefined;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    if (typeof secret === 'string') this.key = utf8(secret);
    else if (secret) this.key = new Uint8Array(Buffer.from(secret as Uint8Array));
  }

  update(data: Uint8Array | string): void {
    this.parts.push(Buffer.from(data as string));
  }

  async digest(): Promise<Uint8Array> {
    const data = Buffer.concat(this.parts);
    return this.key ? nodeHashing.hmacSha256(this.key, data) : nodeHashing.sha256(data);
  }

  reset(): void {
    this.parts.length = 0;
  }
}
