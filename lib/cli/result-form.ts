/**
 * The form of a result: tables and sentences for a person at a terminal, JSON for what reads a pipe or a
 * file. Records are no result in this sense: `consume` and `produce` say themselves what they print.
 */

import { Option } from 'commander';

/** Of both the last counts; undefined: neither was given. */
export type FormOptions = { readonly json?: boolean };

export const jsonOption = new Option('--json', 'print JSON; the default without a terminal');
export const noJsonOption = new Option('--no-json', 'print text; the default on a terminal');

export function wantsJson(
  { json }: FormOptions,
  { isTTY = false }: { readonly isTTY?: boolean },
): boolean {
  return json ?? !isTTY;
}
