/**
 * The memory of batches that are acknowledged is written into again by the next ones: the first use of fresh
 * memory costs more than encoding the records that go there. Who acknowledges a batch has read all of it.
 */

export type BatchMemory = {
  /** Bytes that nobody needs, if there are any. */
  take(): Uint8Array | undefined;
  give(memory: Uint8Array): void;
};

export function createBatchMemory(spareBytesMax: number): BatchMemory {
  const spare: Uint8Array[] = [];
  let spareBytes = 0;
  return {
    take() {
      const memory = spare.pop();
      spareBytes -= memory?.length ?? 0;
      return memory;
    },
    give(memory) {
      if (spareBytes + memory.length > spareBytesMax) return;
      spare.push(memory);
      spareBytes += memory.length;
    },
  };
}
