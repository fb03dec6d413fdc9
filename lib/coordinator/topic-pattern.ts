/**
 * Regular expressions over topic names, matched in time linear in the name whatever the pattern: a small
 * part of RE2's language, run as a set of states and never by backtracking. A pattern matches whole names.
 *
 *   a  \.  .  \d \w \s \D \W \S  [a-z_] [^0-9]  (…) (?:…)  |  * + ? {n} {n,} {n,m}
 *
 * `^` at the beginning and `$` at the end change nothing. Look-around, back-references, flags and Unicode
 * classes are refused by name.
 */

import { patternLengthMax } from './group-limits.js';

export type TopicPattern = (name: string) => boolean;

export class PatternProblem extends Error {
  override readonly name = 'PatternProblem';
}

type Test = (character: string) => boolean;

/** A step goes on to the next one, unless it says otherwise. */
type Step =
  | { readonly kind: 'character'; readonly test: Test }
  | { readonly kind: 'split'; readonly to: readonly [number, number] }
  | { readonly kind: 'match' };

/** What a part of the pattern turns into, placed at `at`. */
type Part = { readonly sizeSteps: number; place(at: number): Step[] };

const stepsMax = 4_000;
const repeatMax = 250;
const nestingMax = 50;

/** Throws `PatternProblem`. */
export function compileTopicPattern(pattern: string): TopicPattern {
  if (pattern.length > patternLengthMax) {
    throw new PatternProblem(`has ${pattern.length} characters, the limit is ${patternLengthMax}`);
  }
  const inner = pattern.replace(/^\^/, '').replace(/(?<!\\)((?:\\\\)*)\$$/, '$1');
  const parser = createParser(inner);
  const part = parser.alternatives(0);
  parser.end();
  const program: Step[] = [...part.place(0), { kind: 'match' }];
  return (name) => run(program, name);
}

function run(program: readonly Step[], name: string): boolean {
  let states = new Set<number>();
  enter(program, 0, states);
  for (const character of name) {
    const next = new Set<number>();
    for (const at of states) {
      const step = program[at];
      if (step?.kind === 'character' && step.test(character)) enter(program, at + 1, next);
    }
    if (next.size === 0) return false;
    states = next;
  }
  return [...states].some((at) => program[at]?.kind === 'match');
}

function enter(program: readonly Step[], start: number, states: Set<number>): void {
  const open = [start];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (states.has(at)) continue;
    states.add(at);
    const step = program[at];
    if (step?.kind === 'split') open.push(...step.to);
  }
}

function createParser(pattern: string) {
  let position = 0;
  const peek = () => pattern[position];
  const take = (text: string): boolean => {
    if (!pattern.startsWith(text, position)) return false;
    position += text.length;
    return true;
  };
  const problem = (what: string) => new PatternProblem(`${what} at character ${position + 1}`);

  function alternatives(depth: number): Part {
    if (depth > nestingMax) throw problem(`is nested more than ${nestingMax} deep`);
    let part = row(depth);
    while (take('|')) part = either(part, row(depth));
    return part;
  }

  function row(depth: number): Part {
    let part = nothing;
    while (position < pattern.length && peek() !== '|' && peek() !== ')') {
      part = after(part, repeated(depth));
      if (part.sizeSteps > stepsMax)
        throw problem('is too large when its repetitions are written out');
    }
    return part;
  }

  function repeated(depth: number): Part {
    const part = atom(depth);
    const bounds = quantifier();
    if (!bounds) return part;
    // A lazy quantifier matches the same names.
    take('?');
    if (quantifier()) throw problem('repeats a repetition');
    const [least, most] = bounds;
    if (part.sizeSteps * Math.max(least, most ?? 1) > stepsMax) {
      throw problem('is too large when its repetitions are written out');
    }
    return repeat(part, least, most);
  }

  function quantifier(): readonly [number, number | undefined] | undefined {
    if (take('*')) return [0, undefined];
    if (take('+')) return [1, undefined];
    if (take('?')) return [0, 1];
    const found = /^\{(\d{1,4})(,(\d{0,4}))?\}/.exec(pattern.slice(position));
    if (!found) {
      if (peek() === '{') throw problem('has a "{" that is no repetition (escape it as "\\{")');
      return undefined;
    }
    position += found[0].length;
    const least = Number(found[1]);
    const most = found[2] === undefined ? least : found[3] ? Number(found[3]) : undefined;
    if (least > repeatMax || (most ?? 0) > repeatMax)
      throw problem(`repeats over ${repeatMax} times`);
    if (most !== undefined && most < least)
      throw problem('has a repetition with its bounds swapped');
    return [least, most];
  }

  function atom(depth: number): Part {
    const character = peek() as string;
    if (character === '(') return group(depth);
    position++;
    if (character === '[') return one(characterClass());
    if (character === '.') return one(() => true);
    if (character === '\\') return one(escaped());
    if ('*+?{'.includes(character)) throw problem(`has "${character}" with nothing to repeat`);
    if ('^$'.includes(character)) throw problem(`has "${character}" in the middle`);
    return one((other) => other === character);
  }

  function group(depth: number): Part {
    position++;
    if (peek() === '?' && !take('?:')) {
      throw problem('uses look-around, a named group or flags, which are not supported,');
    }
    const part = alternatives(depth + 1);
    if (!take(')')) throw problem('lacks a ")"');
    return part;
  }

  function escaped(): Test {
    const character = pattern[position];
    position++;
    if (character === undefined) throw problem('ends in "\\"');
    const known = escapes[character];
    if (known) return known;
    if (/[a-zA-Z0-9]/.test(character)) {
      throw problem(`uses "\\${character}", which is not supported,`);
    }
    return (other) => other === character;
  }

  function characterClass(): Test {
    const negated = take('^');
    const tests: Test[] = [];
    for (let first = true; first || peek() !== ']'; first = false) {
      const low = pattern[position];
      if (low === undefined) throw problem('lacks a "]"');
      position++;
      if (low === '\\') {
        tests.push(escaped());
        continue;
      }
      const high = pattern[position] === '-' ? pattern[position + 1] : undefined;
      if (high === undefined || high === ']') {
        tests.push((other) => other === low);
        continue;
      }
      if (high === '\\' || high < low)
        throw problem('has a range with its ends swapped or escaped');
      position += 2;
      tests.push((other) => other >= low && other <= high);
    }
    position++;
    return (other) => tests.some((test) => test(other)) !== negated;
  }

  return {
    alternatives,
    end() {
      if (position < pattern.length) throw problem('has a ")" too many');
    },
  };
}

const isDigit: Test = (character) => character >= '0' && character <= '9';
const isWord: Test = (character) => /^[A-Za-z0-9_]$/.test(character);
const isSpace: Test = (character) => /^[ \t\n\r\f\v]$/.test(character);

const escapes: Readonly<Record<string, Test>> = {
  d: isDigit,
  D: (character) => !isDigit(character),
  w: isWord,
  W: (character) => !isWord(character),
  s: isSpace,
  S: (character) => !isSpace(character),
};

const nothing: Part = { sizeSteps: 0, place: () => [] };

function one(test: Test): Part {
  return { sizeSteps: 1, place: () => [{ kind: 'character', test }] };
}

function after(first: Part, second: Part): Part {
  return {
    sizeSteps: first.sizeSteps + second.sizeSteps,
    place: (at) => [...first.place(at), ...second.place(at + first.sizeSteps)],
  };
}

function either(first: Part, second: Part): Part {
  const sizeSteps = first.sizeSteps + second.sizeSteps + 2;
  return {
    sizeSteps,
    place: (at) => {
      const other = at + first.sizeSteps + 2;
      return [
        split(at + 1, other),
        ...first.place(at + 1),
        split(at + sizeSteps, at + sizeSteps),
        ...second.place(other),
      ];
    },
  };
}

/** At least `least` times; at most `most` times, or without an end. */
function repeat(part: Part, least: number, most: number | undefined): Part {
  let whole = nothing;
  for (let i = 0; i < least; i++) whole = after(whole, part);
  if (most === undefined) return after(whole, loop(part));
  for (let i = least; i < most; i++) whole = after(whole, optional(part));
  return whole;
}

function loop(part: Part): Part {
  const sizeSteps = part.sizeSteps + 2;
  return {
    sizeSteps,
    place: (at) => [split(at + 1, at + sizeSteps), ...part.place(at + 1), split(at, at)],
  };
}

function optional(part: Part): Part {
  const sizeSteps = part.sizeSteps + 1;
  return { sizeSteps, place: (at) => [split(at + 1, at + sizeSteps), ...part.place(at + 1)] };
}

function split(first: number, second: number): Step {
  return { kind: 'split', to: [first, second] };
}
