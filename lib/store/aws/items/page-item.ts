/**
 * The item of an index page, keyed by its end: the pages that end after an offset are one key range,
 * in offset order.
 *
 *   pk, sk  1/p/<topicId>/<partition>, page/<next offset, 16 digits>
 *   d  B  the page (lib/log/index-page.ts)
 */

import { decodeIndexPage, encodeIndexPage, type IndexPage } from '../../../log/index-page.js';
import type { PartitionRef } from '../../../log/partition-head.js';
import { bytesOf, type Item } from './attributes.js';
import { partitionKey } from './partition-key.js';

const digits = 16;

export const lastPageSortKey = `page/${'9'.repeat(digits)}`;

export function pageSortKey(nextOffset: number): string {
  return `page/${String(nextOffset).padStart(digits, '0')}`;
}

export function pageToItem(ref: PartitionRef, page: IndexPage): Item {
  return {
    pk: { S: partitionKey(ref) },
    sk: { S: pageSortKey(page.nextOffset) },
    d: { B: encodeIndexPage(page) },
  };
}

/** Throws `CorruptData`. */
export function pageFromItem(item: Item): IndexPage {
  return decodeIndexPage(bytesOf(item, 'd'));
}
