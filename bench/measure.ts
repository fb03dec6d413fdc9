/**
 * A figure means something beside a floor measured in the same run: rounds alternate between the two,
 * medians are compared, and the spread says how noisy the machine was.
 */

import autocannon from 'autocannon';

export type Load = Omit<autocannon.Options, 'url' | 'duration'>;

export type Comparison = {
  readonly name: string;
  readonly input: string;
  /** Requests per second of each round. */
  readonly ours: readonly number[];
  readonly floor: readonly number[];
  readonly floorName: string;
  readonly bytesPerRequest: number;
  /** What the issue asks for, as a ratio of medians. */
  readonly target: number;
};

const rounds = 5;
const roundSeconds = 4;

export async function compare(
  facts: Omit<Comparison, 'ours' | 'floor'>,
  ours: { readonly url: string; readonly load: Load },
  floor: { readonly url: string; readonly load: Load },
): Promise<Comparison> {
  await run(ours, 1);
  await run(floor, 1);
  const [oursRates, floorRates]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    floorRates.push(await run(floor, roundSeconds));
    oursRates.push(await run(ours, roundSeconds));
  }
  return { ...facts, ours: oursRates, floor: floorRates };
}

async function run({ url, load }: { url: string; load: Load }, seconds: number): Promise<number> {
  const result = await autocannon({ ...load, url, duration: seconds });
  const wrong = result.non2xx + result.errors + result.timeouts;
  if (wrong > 0) throw new Error(`${wrong} requests to ${url} failed`);
  return result.requests.total / result.duration;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
