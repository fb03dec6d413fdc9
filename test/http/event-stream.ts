/** Reads server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */

export type StreamEvent = { readonly event: string; readonly id?: string; readonly data: unknown };

/** The events of a response. Leaving the loop, or `return()`, cancels the stream. */
export async function* eventsOf(response: Response): AsyncGenerator<StreamEvent> {
  if (!response.body) return;
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  let buffered = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      buffered += decoder.decode(value, { stream: true });
      const blocks = buffered.split('\n\n');
      buffered = blocks.pop() ?? '';
      for (const block of blocks) yield parse(block);
    }
  } finally {
    await reader.cancel();
  }
}

function parse(block: string): StreamEvent {
  const fields = new Map(
    block.split('\n').map((line): [string, string] => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon), line.slice(colon + 2)];
    }),
  );
  const id = fields.get('id');
  const data: unknown = JSON.parse(fields.get('data') ?? 'null');
  return { event: fields.get('event') ?? 'message', data, ...(id !== undefined && { id }) };
}

/** The next events, that many. */
export async function take(
  events: AsyncGenerator<StreamEvent>,
  count: number,
): Promise<StreamEvent[]> {
  const taken: StreamEvent[] = [];
  while (taken.length < count) {
    const { done, value } = await events.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}

export async function takeAll(events: AsyncGenerator<StreamEvent>): Promise<StreamEvent[]> {
  return take(events, Number.POSITIVE_INFINITY);
}
