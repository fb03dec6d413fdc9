/**
 * `npm run bench`: what Logbrook does beside a floor measured in the same run. `npm run bench -- json`
 * runs only the parts whose names contain a word given. Figures are medians; look at the spread before
 * believing a small difference.
 */

import Table from 'cli-table3';
import { measureAccess } from './access.bench.js';
import { countAwsRequests } from './aws-requests.bench.js';
import { measureChecker } from './checker.bench.js';
import { clientFigures } from './client.bench.js';
import { priceAws } from './cost.bench.js';
import { fetchCold } from './fetch.bench.js';
import { kinesisReport, measureKinesis } from './kinesis.bench.js';
import { lambdaInit } from './lambda-init.js';
import { type Comparison, median } from './measure.js';
import { produceBinary, produceJson } from './produce.bench.js';
import { measureRebalance, rebalanceReport } from './rebalance.bench.js';
import { scanCompacted } from './scan.bench.js';
import { measureSdk } from './sdk.bench.js';

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};
const MiB = 1024 * 1024;

function printComparison(row: Comparison): void {
  const [ours, floor] = [median(row.ours), median(row.floor)];
  const ratio = ours / floor;
  const spread = (rates: readonly number[]) =>
    `${Math.round(Math.min(...rates))} to ${Math.round(Math.max(...rates))}`;
  print(`\n${row.name}: ${row.input}`);
  const table = new Table({ head: ['', 'requests/s', 'MiB/s', 'spread over rounds'] });
  const line = (name: string, rate: number, rates: readonly number[]) =>
    table.push([
      name,
      Math.round(rate),
      ((rate * row.bytesPerRequest) / MiB).toFixed(1),
      spread(rates),
    ]);
  line('logbrook', ours, row.ours);
  line(row.floorName, floor, row.floor);
  print(table.toString());
  print(`ratio ${ratio.toFixed(2)}, wanted at least ${row.target}`);
}

async function printRequests(): Promise<void> {
  print('\naws requests: exact counts on DynamoDB Local and an S3 server');
  const table = new Table({ head: ['operation', 'batches in partition', 'requests'] });
  for (const { what, batches, counts } of await countAwsRequests()) {
    const said = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
    table.push([what, batches.toLocaleString('en'), said.join(', ')]);
  }
  print(table.toString());
}

async function printSdk(): Promise<void> {
  const cost = await measureSdk();
  print('\naws sdk: DynamoDB UpdateItem against a server that does nothing, 64 in flight');
  const table = new Table({ head: ['', 'calls/s', 'CPU ms per call (with the server)'] });
  table.push(['AWS SDK v3', Math.round(cost.sdkPerSecond), cost.sdkCpuMsPerCall.toFixed(3)]);
  table.push(['bare node:http', Math.round(cost.barePerSecond), cost.bareCpuMsPerCall.toFixed(3)]);
  print(table.toString());
  const own = cost.sdkCpuMsPerCall - cost.bareCpuMsPerCall;
  print(`the SDK's own share: ${own.toFixed(3)} ms of CPU per call`);
}

async function printClient(): Promise<void> {
  const figures = await clientFigures();
  print('\nclient: the SDK with 1 KiB records and its defaults, records/s');
  const table = new Table({ head: ['', 'SDK', 'beside', '', 'ratio', 'wanted'] });
  for (const { what, beside, ours, theirs, wanted } of figures) {
    const ratio = (ours / theirs).toFixed(2);
    table.push([what, Math.round(ours), Math.round(theirs), beside, ratio, wanted]);
  }
  print(table.toString());
}

async function printCosts(): Promise<void> {
  print(
    '\naws cost: counted requests and units at list prices (us-east-1); Lambda by a model, not measured',
  );
  const table = new Table({
    head: [
      '',
      'per',
      'PUT',
      'GET',
      'LIST',
      'write units',
      'read units',
      'requests USD',
      'with Lambda USD',
    ],
  });
  for (const { what, per, bill, requestsUsd, lambdaUsd } of await priceAws()) {
    const counts = [bill.s3Puts, bill.s3Gets, bill.s3Lists, bill.writeUnits, bill.readUnits];
    const usd = [requestsUsd, requestsUsd + lambdaUsd].map((value) => value.toFixed(4));
    table.push([
      what,
      per,
      ...counts.map((count) => Math.round(count).toLocaleString('en')),
      ...usd,
    ]);
  }
  print(table.toString());
}

const parts: Readonly<Record<string, () => Promise<void>>> = {
  'produce binary': async () => printComparison(await produceBinary()),
  'produce json': async () => printComparison(await produceJson()),
  'fetch cold': async () => printComparison(await fetchCold()),
  'scan compacted': async () => printComparison(await scanCompacted()),
  'aws requests': printRequests,
  'aws cost': printCosts,
  'aws sdk': printSdk,
  client: printClient,
  rebalance: async () => print(rebalanceReport(await measureRebalance())),
  access: async () => print(await measureAccess()),
  checker: async () => print(measureChecker()),
  kinesis: async () => print(kinesisReport(await measureKinesis())),
  'lambda init': async () => print(await lambdaInit()),
};

const words = process.argv.slice(2);
for (const [name, part] of Object.entries(parts)) {
  if (words.length === 0 || words.some((word) => name.includes(word))) await part();
}
