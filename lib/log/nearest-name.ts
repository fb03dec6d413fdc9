/**
 * The name that somebody may have meant: the known one with the fewest changed letters.
 */

/** Undefined when none is near: at most a third of the letters differ. Case and separators do not count. */
export function nearestName(wanted: string, known: readonly string[]): string | undefined {
  const plain = plainOf(wanted);
  let nearest: string | undefined;
  let least = Math.floor(plain.length / 3) + 1;
  for (const name of known) {
    const distance = editDistance(plain, plainOf(name));
    if (distance >= least) continue;
    nearest = name;
    least = distance;
  }
  return nearest;
}

function plainOf(name: string): string {
  return name
    .slice(0, 60)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '');
}

/** Letters to insert, remove or replace (Levenshtein), row by row. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const above = row;
    row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(above, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, at(above, j) + 1, at(row, j - 1) + 1));
    }
  }
  return at(row, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] as number;
}
