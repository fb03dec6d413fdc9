/**
 * Bytes to lines, exactly: only LF ends a line, a CR before it belongs to the line, and a last line
 * needs no LF. A line is handed on as a copy of its own.
 */

import { CommandError } from './failure.js';

/** Yields the lines of each chunk together: one step per line would cost more than the line. */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  lineBytesMax: number,
): AsyncGenerator<Buffer[]> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  let lineCount = 0;
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const lines: Buffer[] = [];
    let start = 0;
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
      lines.push(Buffer.concat([...rest, bytes.subarray(start, end)]));
      rest = [];
      restBytes = 0;
      start = end + 1;
    }
    lineCount += lines.length;
    if (start < bytes.length) {
      rest.push(Buffer.from(bytes.subarray(start)));
      restBytes += bytes.length - start;
    }
    // A stream without line ends must not fill the memory.
    if (restBytes > lineBytesMax) throw tooLong(lineCount + 1, lineBytesMax);
    if (lines.length > 0) yield lines;
  }
  if (restBytes > 0) yield [Buffer.concat(rest)];
}

function tooLong(line: number, lineBytesMax: number): CommandError {
  return new CommandError(
    `Line ${line} has over ${lineBytesMax} bytes, more than a record can hold. Are these lines of text?`,
  );
}
