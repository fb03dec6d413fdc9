/**
 * Reads server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), as far as
 * the API uses them. Pulls from the network only when the next event is asked for.
 */

export type ServerEvent = {
  readonly event: string;
  readonly data: string;
  /** Of this event; undefined if it carries none. */
  readonly id: string | undefined;
};

/** Ends with the stream; an event that was cut off is dropped, as the specification says. */
export async function* readEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  let fields = emptyFields();
  for await (const line of readLines(chunks)) {
    if (line !== '') {
      addField(fields, line);
      continue;
    }
    if (fields.data.length > 0) {
      yield { event: fields.event, data: fields.data.join('\n'), id: fields.id };
    }
    fields = emptyFields();
  }
}

type Fields = { event: string; data: string[]; id: string | undefined };

const emptyFields = (): Fields => ({ event: 'message', data: [], id: undefined });

function addField(fields: Fields, line: string): void {
  const colon = line.indexOf(':');
  if (colon === 0) return;
  const name = colon === -1 ? line : line.slice(0, colon);
  const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
  if (name === 'event') fields.event = value;
  else if (name === 'data') fields.data.push(value);
  else if (name === 'id') fields.id = value;
}

/** Lines end with LF, CRLF or CR; a CR at the end of a chunk may be half of a CRLF. */
async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const utf8 = new TextDecoder();
  let rest: string[] = [];
  for await (const chunk of chunks) {
    rest.push(utf8.decode(chunk, { stream: true }));
    if (!/[\r\n]/.test(rest.at(-1) as string)) continue;
    const lines = rest.join('').split(/\r\n|\n|\r(?!$)/);
    rest = [lines.pop() as string];
    yield* lines;
  }
}

/** A response body as an iterable; leaving it early cancels the body. */
export async function* bodyChunks(
  body: ReadableStream<Uint8Array> | null,
): AsyncGenerator<Uint8Array> {
  if (!body) return;
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
