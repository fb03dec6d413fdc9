/**
 * Lines as web servers write them, and as they should not: quotes, Unicode, CRLF, bytes that are no
 * UTF-8, empty lines. The same every time.
 */

const odd: readonly Uint8Array[] = [
  Buffer.from(''),
  Buffer.from('\r'),
  Buffer.from('10.0.0.1 - - "GET /a\\"b\\u0041" 200\r'),
  Buffer.from('10.0.0.2 - - "GET /Grüße/日本/𝄞" 200'),
  Buffer.concat([
    Buffer.from('10.0.0.3 - - "GET /'),
    Buffer.of(0xff, 0xfe, 0xc3),
    Buffer.from('"'),
  ]),
  Buffer.of(0xef, 0xbb, 0xbf, 0x61),
  Buffer.of(0x00, 0x01, 0x7f, 0x80),
  Buffer.from('  indented\tline  '),
  Buffer.from('\u2028 \u00a0 \u0085'),
];

export function accessLogLines(count: number): Buffer[] {
  return Array.from({ length: count }, (_, i) => {
    if (i % 10 === 9) return Buffer.from(odd[Math.floor(i / 10) % odd.length] as Uint8Array);
    const client = `10.0.${i % 7}.${i % 23}`;
    const agent = `"Mozilla/5.0 (X11; \\"${i}\\")"`;
    return Buffer.from(
      `${client} - - [17/May/2015] "GET /p/${i}?q=%20 HTTP/1.1" 200 ${i} ${agent}`,
    );
  });
}

export function joinLines(lines: readonly Uint8Array[], lastLineEnd = true): Buffer {
  const bytes = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]));
  return lastLineEnd ? bytes : bytes.subarray(0, -1);
}
