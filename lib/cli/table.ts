/**
 * Tables for people: aligned columns without lines. Programs get JSON.
 */

export type Cell = string | number;

/** Numbers are aligned right. */
export async function renderTable(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
): Promise<string> {
  const { default: Table } = await import('cli-table3');
  const table = new Table({
    head: [...head],
    colAligns: head.map((_, i) => (typeof rows[0]?.[i] === 'number' ? 'right' : 'left')),
    chars: borderless,
    style: { 'padding-left': 0, 'padding-right': 2, head: [], border: [] },
  });
  table.push(...rows.map((row) => row.map(String)));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

const noBorder = ['top', 'bottom', 'left', 'right'] as const;
const borderless = {
  ...Object.fromEntries(noBorder.flatMap((side) => [side, `${side}-mid`].map((n) => [n, '']))),
  'top-left': '',
  'top-right': '',
  'bottom-left': '',
  'bottom-right': '',
  mid: '',
  'mid-mid': '',
  middle: '',
};

export function timeOf(timestampMs: number): string {
  return new Date(timestampMs).toISOString();
}

export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** `1 record`, `2 records`. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}
