/**
 * Stdout as consumers fill it: no faster than somebody reads. When nobody reads any more (`| head`), that
 * is no failure.
 */

import type { Writable } from 'node:stream';

const nobodyReads = ['EPIPE', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END'];

export type OutputStream = {
  /** Resolves when the bytes are taken: false once nobody reads. */
  write(text: string | Uint8Array): Promise<boolean>;
};

export function createOutputStream(stream: Writable): OutputStream {
  return {
    write: (text) =>
      new Promise((resolve, reject) => {
        stream.write(text, (error) => {
          if (!error) resolve(true);
          else if (nobodyReads.includes((error as NodeJS.ErrnoException).code ?? ''))
            resolve(false);
          else reject(error);
        });
      }),
  };
}

/** Prints a result. */
export async function print(stream: Writable, text: string): Promise<void> {
  await createOutputStream(stream).write(`${text}\n`);
}

export async function printJson(stream: Writable, value: unknown): Promise<void> {
  await print(stream, JSON.stringify(value));
}
