/**
 * Records that can be told apart: each has a name that is given once. Its value is the name, repeated to
 * the size that is wanted, so that a value which comes back changed is no name that anybody gave.
 */

/** Of records without a value. */
export const nameHeader = 'name';

export function textOf(name: string, sizeBytes: number): string {
  return name.padEnd(sizeBytes, ` ${name}`);
}

/** The name in a value that was read; the value itself (its beginning) when it is not what was sent. */
export function nameIn(value: unknown): string {
  if (typeof value !== 'string')
    return `not a text: ${String(JSON.stringify(value)).slice(0, shownChars)}`;
  const end = value.indexOf(' ');
  const name = end === -1 ? value : value.slice(0, end);
  if (value === textOf(name, value.length)) return name;
  return `damaged: ${value.slice(0, shownChars)}`;
}

const shownChars = 80;

/** Sizes over all magnitudes up to `bytesMax`, most of them small. */
export function drawSize(bytesMax: number, random: number): number {
  return Math.round(bytesMax ** random);
}
