/**
 * The advance of a tail as one conditional update of the head item: what `decideAdvance` does. Pure.
 * Attribute names are those of items/head-item.ts.
 *
 * An expression string holds 4,096 bytes. A page's worth of entries can name 16 x 16 producers, so
 * placeholders are as short as can be, and no more than `evictionsPerRollMax` producers leave at once:
 * those beyond stay in the head, where the next roll finds them idle again.
 */

import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { evictionsPerRollMax } from '../../log/limits.js';
import type { TailAdvance } from '../../log/tail-roll.js';
import type { HeadExpression } from './commit-expression.js';
import { numberValue } from './items/attributes.js';
import { producerToValue, rollsToValue, windowToValue } from './items/head-item.js';

export function advanceExpression(advance: TailAdvance): HeadExpression {
  const evict = Object.entries(advance.evict).slice(0, evictionsPerRollMax);
  const evicted = new Set(evict.map(([producer]) => producer));
  const windows = Object.entries(advance.windows).filter(([producer]) => !evicted.has(producer));
  const sets = ['b=:base', 'x=:max', 'y=:bytes', 'r=:rolls'];
  const removes = Array.from({ length: advance.entryCount }, (_, i) => `t[${i}]`);
  const conditions = ['b=:from'];
  const names: Record<string, string> = {};
  const values: Record<string, AttributeValue> = {
    ':from': numberValue(advance.tailBaseOffset),
    ':base': numberValue(advance.nextTailBaseOffset),
    ':max': numberValue(advance.pagedMaxTimestampMs),
    ':bytes': numberValue(advance.pagedBytes),
    ':rolls': rollsToValue(advance.rolls),
  };
  if (advance.wholeTail) {
    conditions.push('size(t)=:count');
    values[':count'] = numberValue(advance.entryCount);
  }
  for (const [index, [producer, window]] of windows.entries()) {
    const id = index.toString(36);
    sets.push(`w.#${id}=:${id}`);
    names[`#${id}`] = producer;
    values[`:${id}`] = windowToValue(window);
  }
  for (const [index, [producer, entry]] of evict.entries()) {
    const id = (windows.length + index).toString(36);
    conditions.push(`p.#${id}=:${id}`);
    removes.push(`p.#${id}`, `w.#${id}`);
    names[`#${id}`] = producer;
    values[`:${id}`] = producerToValue(entry);
  }
  if (evict.length > 0) {
    sets.push('v=v+:one');
    values[':one'] = numberValue(1);
  }
  const remove = removes.length > 0 ? ` REMOVE ${removes.join(',')}` : '';
  return {
    UpdateExpression: `SET ${sets.join(',')}${remove}`,
    ConditionExpression: conditions.join(' AND '),
    ...(Object.keys(names).length > 0 ? { ExpressionAttributeNames: names } : {}),
    ExpressionAttributeValues: values,
  };
}
