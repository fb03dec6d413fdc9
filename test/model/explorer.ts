/**
 * Explores every state that a model can reach, each once: depth first, states told apart by a key. The
 * first state that breaks an invariant ends it, with the steps that lead there.
 */

export type Model<State> = {
  readonly initial: State;
  /** Everything that may happen next, in any order. */
  steps(state: State): Iterable<readonly [label: string, next: State]>;
  /** States with one key have one future. */
  key(state: State): string;
  /** What is wrong with this state. */
  check(state: State): string | undefined;
};

export type Exploration = {
  readonly states: number;
  readonly steps: number;
  /** States in which nothing can happen any more. */
  readonly ends: number;
  readonly violation?: { readonly message: string; readonly path: readonly string[] };
};

export function explore<State>(model: Model<State>): Exploration {
  const cameFrom = new Map<string, readonly [from: string, label: string]>();
  const stack: [key: string, state: State][] = [];
  let [steps, ends] = [0, 0];

  /** The message when the state is new and wrong. */
  function visit(state: State, from: string, label: string): string | undefined {
    const key = model.key(state);
    if (cameFrom.has(key)) return undefined;
    cameFrom.set(key, [from, label]);
    stack.push([key, state]);
    return model.check(state);
  }

  function pathTo(key: string): string[] {
    const path: string[] = [];
    for (let at = cameFrom.get(key); at && at[0] !== ''; at = cameFrom.get(at[0])) {
      path.unshift(at[1]);
    }
    return path;
  }

  let message = visit(model.initial, '', '');
  for (let top = stack.pop(); top && message === undefined; top = stack.pop()) {
    const [key, state] = top;
    let stuck = true;
    for (const [label, next] of model.steps(state)) {
      stuck = false;
      steps++;
      message = visit(next, key, label);
      if (message !== undefined) {
        const path = pathTo(model.key(next));
        return { states: cameFrom.size, steps, ends, violation: { message, path } };
      }
    }
    if (stuck) ends++;
  }
  const found = { states: cameFrom.size, steps, ends };
  return message === undefined ? found : { ...found, violation: { message, path: [] } };
}

/** Equal data becomes the same object, with a number: big states get short keys. */
export function createInterner() {
  const byText = new Map<string, object>();
  const numbers = new WeakMap<object, number>();
  function intern<T extends object>(data: T): T {
    if (numbers.has(data)) return data;
    const text = JSON.stringify(data);
    const known = byText.get(text);
    if (known) return known as T;
    byText.set(text, data);
    numbers.set(data, byText.size);
    return data;
  }
  return { intern, numberOf: (data: object) => numbers.get(intern(data)) as number };
}
