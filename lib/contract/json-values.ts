/**
 * Which JSON values come back as they went in. JSON.parse rounds large integers without a word,
 * JSON.stringify turns what is beyond a double into null, and overflows the stack on deep values.
 */

/** Far above what data has, far below what overflows the stack of a writer. */
export const jsonDepthMax = 500;

/** Says what is wrong with a parsed value, or nothing. */
export function jsonValueProblem(value: unknown, depth = 0): string | undefined {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return 'holds a number that is too large for JSON';
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth >= jsonDepthMax) return `is nested more than ${jsonDepthMax} levels deep`;
  for (const inner of Array.isArray(value) ? value : Object.values(value)) {
    const problem = jsonValueProblem(inner, depth + 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

const manyDigits = 16;
const quote = 0x22;
const backslash = 0x5c;
const minus = 0x2d;

/** The first integer in valid JSON text that JSON.parse would change. */
export function inexactInteger(text: string): string | undefined {
  if (!holdsManyDigits(text)) return undefined;
  let position = 0;
  while (position < text.length) {
    const code = text.charCodeAt(position);
    if (code === quote) {
      position = endOfString(text, position);
    } else if (code === minus || isDigit(code)) {
      const end = endOfNumber(text, position);
      const number = text.slice(position, end);
      if (isInexact(number)) return number;
      position = end;
    } else {
      position++;
    }
  }
  return undefined;
}

/** A row of so many digits stands on one of the places that are as far apart: no others are looked at. */
function holdsManyDigits(text: string): boolean {
  for (let place = manyDigits - 1; place < text.length; place += manyDigits) {
    let [start, end] = [place, place];
    while (isDigit(text.charCodeAt(end))) end++;
    if (end === place) continue;
    while (isDigit(text.charCodeAt(start - 1))) start--;
    if (end - start >= manyDigits) return true;
  }
  return false;
}

function endOfString(text: string, start: number): number {
  let position = start + 1;
  while (position < text.length && text.charCodeAt(position) !== quote) {
    position += text.charCodeAt(position) === backslash ? 2 : 1;
  }
  return position + 1;
}

/** One past the last character of `-+.0-9eE` from `start` on. */
function endOfNumber(text: string, start: number): number {
  let position = start + 1;
  while (position < text.length) {
    const code = text.charCodeAt(position);
    if (!isDigit(code) && !'-+.eE'.includes(String.fromCharCode(code))) break;
    position++;
  }
  return position;
}

function isInexact(number: string): boolean {
  if (number.length < 16 || !/^-?\d+$/.test(number)) return false;
  const double = Number(number);
  if (String(double) === number) return false;
  // Asked before: a BigInt of a million digits takes long to make.
  return !Number.isFinite(double) || BigInt(double) !== BigInt(number);
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
