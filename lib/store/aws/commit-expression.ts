/**
 * The commit as one conditional update of the head item: what `decideCommit` does, on the condition that
 * `explainRefusal` would say `none`. Pure. Attribute names are those of items/head-item.ts.
 */

import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Admission, CommitRequest } from '../../log/commit.js';
import { tailEntriesMax } from '../../log/limits.js';
import { judgeSequence, type ProducerStamp } from '../../log/producer-state.js';
import { numberValue } from './items/attributes.js';
import { noWindow, producerToValue, spansToValue, tailEntryToValue } from './items/head-item.js';

/** The parts of an UpdateItem that say what changes and when it may. */
export type HeadExpression = {
  readonly UpdateExpression: string;
  readonly ConditionExpression: string;
  readonly ExpressionAttributeNames?: Record<string, string>;
  readonly ExpressionAttributeValues?: Record<string, AttributeValue>;
};

export function commitExpression(request: CommitRequest): HeadExpression {
  const { entry, walBucket, expectedNextOffset, fencingToken } = request;
  const sets = ['n = n + :count', 't = list_append(t, :entry)'];
  const conditions = [
    'attribute_exists(n)',
    'attribute_not_exists(z)',
    'f <= :bucket',
    'size(t) < :tailEntriesMax',
  ];
  const names: Record<string, string> = {};
  const values: Record<string, AttributeValue> = {
    ':count': numberValue(entry.recordCount),
    ':entry': { L: [tailEntryToValue(entry)] },
    ':bucket': numberValue(walBucket),
    ':tailEntriesMax': numberValue(tailEntriesMax),
  };
  if (expectedNextOffset !== undefined) {
    conditions.push('n = :expectedNextOffset');
    values[':expectedNextOffset'] = numberValue(expectedNextOffset);
  }
  if (fencingToken !== undefined) {
    conditions.push('k = :token');
    values[':token'] = { S: fencingToken };
  }
  let index = 0;
  for (const [producer, stamps] of stampsByProducer(entry.stamps)) {
    const clause = producerClause(index, stamps, request.admissions[producer]);
    sets.push(...clause.sets);
    conditions.push(clause.condition);
    Object.assign(values, clause.values);
    if (clause.sets.length > 0) names[`#p${index}`] = producer;
    index++;
  }
  return {
    UpdateExpression: `SET ${sets.join(', ')}`,
    ConditionExpression: conditions.join(' AND '),
    ...(Object.keys(names).length > 0 ? { ExpressionAttributeNames: names } : {}),
    ExpressionAttributeValues: values,
  };
}

function stampsByProducer(stamps: readonly ProducerStamp[]): Map<string, ProducerStamp[]> {
  const groups = new Map<string, ProducerStamp[]>();
  for (const stamp of stamps) {
    const group = groups.get(stamp.producer);
    if (group) group.push(stamp);
    else groups.set(stamp.producer, [stamp]);
  }
  return groups;
}

/**
 * The first stamp decides against what is stored, each later one against the one before it, and the
 * last is what is stored next.
 */
function producerClause(
  index: number,
  stamps: readonly ProducerStamp[],
  admission: Admission | undefined,
) {
  const [name, first, last] = [`#p${index}`, stamps[0], stamps.at(-1)];
  if (!first || !last || !followOn(stamps)) {
    // No head takes that, as none lacks n; asking anyway brings the caller the head as it is.
    return { sets: [], values: {}, condition: 'attribute_not_exists(n)' };
  }
  const sets = [`p.${name} = :next${index}`];
  const values: Record<string, AttributeValue> = {
    [`:next${index}`]: producerToValue(last),
    [`:expected${index}`]: producerToValue({ ...first, nextSequence: first.baseSequence }),
  };
  const accepted = [`p.${name} = :expected${index}`];
  if (first.baseSequence === 0) {
    accepted.push(`p.${name}.e < :epoch${index}`);
    values[`:epoch${index}`] = numberValue(first.epoch);
  }
  if (admission && admits(admission, first)) {
    accepted.push(`(attribute_not_exists(p.${name}) AND v = :evictions${index})`);
    values[`:evictions${index}`] = numberValue(admission.evictions);
    // A producer that is present has something under w already, and keeps its meaning. The roll count
    // of a window is copied from the head, which alone knows it.
    const window = `if_not_exists(w.${name}, :window${index})`;
    sets.push(`w.${name} = ${admission.parked ? `list_append(${window}, r)` : window}`);
    values[`:window${index}`] = admission.parked ? spansToValue(admission.parked.spans) : noWindow;
  }
  return { sets, values, condition: `(${accepted.join(' OR ')})` };
}

function followOn(stamps: readonly ProducerStamp[]): boolean {
  return stamps.every((stamp, i) => {
    const previous = stamps[i - 1];
    return previous === undefined || judgeSequence(stamp, previous, []).kind === 'next';
  });
}

function admits({ parked }: Admission, first: ProducerStamp): boolean {
  return judgeSequence(first, parked ?? undefined, parked?.spans ?? []).kind === 'next';
}
