/**
 * A number for every offset of one log, compactly, wherever the log begins: pages of 32-bit integers.
 */

const perPage = 4096;

export type OffsetTable = {
  /** -1 where nothing was set. */
  get(offset: number): number;
  set(offset: number, value: number): void;
};

export function createOffsetTable(): OffsetTable {
  const pages = new Map<number, Int32Array>();
  let lastKey = -1;
  let last: Int32Array | undefined;

  function pageOf(key: number): Int32Array | undefined {
    if (key !== lastKey) {
      last = pages.get(key);
      lastKey = key;
    }
    return last;
  }

  return {
    get: (offset) => pageOf(Math.floor(offset / perPage))?.[offset % perPage] ?? -1,
    set(offset, value) {
      const key = Math.floor(offset / perPage);
      let page = pageOf(key);
      if (!page) {
        page = new Int32Array(perPage).fill(-1);
        pages.set(key, page);
        last = page;
      }
      page[offset % perPage] = value;
    },
  };
}
