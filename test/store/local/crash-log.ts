/** What the server that is killed and the test that looks at its data agree on. */

export const crashRef = { topicId: '5ca1ab1e-0000-4000-8000-000000000000', partition: 0 };
export const crashWalBucket = 2026112307;

/** A few KiB that no other object has. */
export function bytesOfObject(key: string): Uint8Array {
  return new TextEncoder().encode(`${key}\n`.repeat(60));
}
