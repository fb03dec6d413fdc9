/**
 * Reads attributes from items that nobody vouches for: a missing or mistyped one throws `CorruptData`.
 */

import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { CorruptData } from '../../../log/corrupt-data.js';

export type Item = Record<string, AttributeValue>;

export function numberOf(item: Item, name: string): number {
  const value = Number(present(item[name]?.N, name, 'N'));
  if (!Number.isSafeInteger(value)) throw new CorruptData(`attribute ${name} is over 2^53`);
  return value;
}

export function textOf(item: Item, name: string): string {
  return present(item[name]?.S, name, 'S');
}

export function bytesOf(item: Item, name: string): Uint8Array {
  return present(item[name]?.B, name, 'B');
}

export function listOf(item: Item, name: string): AttributeValue[] {
  return present(item[name]?.L, name, 'L');
}

export function mapOf(item: Item, name: string): Item {
  return present(item[name]?.M, name, 'M');
}

function present<T>(value: T | undefined, name: string, type: string): T {
  if (value === undefined) throw new CorruptData(`attribute ${name} is missing or not ${type}`);
  return value;
}

export const numberValue = (value: number) => ({ N: String(value) });
