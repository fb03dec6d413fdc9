/**
 * Where a consumer begins in each of several partitions. One offset seldom fits all of them: who is shorter
 * begins at its end, who has lost its oldest records at its start, and that is said.
 */

import { type OffsetSpec, type PartitionEnds, startOffset } from './offset-spec.js';

export type PartitionStart = { readonly partition: number; readonly offset: number };

export function isOutOfRange(offset: number, { earliest, latest }: PartitionEnds): boolean {
  return offset < earliest || offset > latest;
}

export function startOffsetsWithin(
  spec: OffsetSpec,
  partitions: readonly PartitionEnds[],
  note: (text: string) => void,
): readonly PartitionStart[] {
  const moved: string[] = [];
  const starts = partitions.map((ends) => {
    const { partition, earliest, latest } = ends;
    const wanted = startOffset(spec, ends);
    if (!isOutOfRange(wanted, ends)) return { partition, offset: wanted };
    const offset = wanted > latest ? latest : earliest;
    const end = wanted > latest ? 'end' : 'start';
    moved.push(`partition ${partition} begins at its ${end}, ${offset}`);
    return { partition, offset };
  });
  if (spec.kind === 'offset' && moved.length > 0) {
    note(`Offset ${spec.offset} is not everywhere: ${moved.join('; ')}.`);
  }
  return starts;
}
