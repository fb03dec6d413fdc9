/**
 * A page of what a caller may see, out of a list of everything. Pages are full, and none ends with the
 * name of something that is not shown.
 */

export type Page<T> = { readonly items: readonly T[]; readonly after?: string };

export async function permittedPage<T>(
  list: (countMax: number, after?: string) => Promise<Page<T>>,
  nameOf: (item: T) => string,
  isPermitted: (item: T) => boolean,
  countMax: number,
  after?: string,
): Promise<Page<T>> {
  const items: T[] = [];
  let from = after;
  do {
    const page = await list(countMax, from);
    items.push(...page.items.filter(isPermitted));
    from = page.after;
  } while (from !== undefined && items.length <= countMax);
  const shown = items.slice(0, countMax);
  const last = shown.at(-1);
  return items.length > countMax && last !== undefined
    ? { items: shown, after: nameOf(last) }
    : { items: shown };
}
