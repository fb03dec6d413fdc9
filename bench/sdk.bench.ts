/**
 * What the AWS SDK costs by itself: DynamoDB calls to a server that does nothing, beside the same bytes
 * sent by a bare keep-alive client.
 */

import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { median } from './measure.js';

export type SdkCost = {
  readonly sdkPerSecond: number;
  readonly barePerSecond: number;
  readonly sdkCpuMsPerCall: number;
  readonly bareCpuMsPerCall: number;
};

const inFlight = 64;
const callsPerRound = 4_000;
const rounds = 5;
const reply = JSON.stringify({ Attributes: { n: { N: '1' } } });

export async function measureSdk(): Promise<SdkCost> {
  const server = createServer((incoming, outgoing) => {
    incoming.resume();
    incoming.on('end', () => {
      outgoing.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
      outgoing.end(reply);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  const agent = new Agent({ keepAlive: true, maxSockets: inFlight });
  const sdk: Round[] = [];
  const bare: Round[] = [];
  await round(() => callSdk(client));
  await round(() => callBare(port, agent));
  for (let i = 0; i < rounds; i++) {
    bare.push(await round(() => callBare(port, agent)));
    sdk.push(await round(() => callSdk(client)));
  }
  client.destroy();
  agent.destroy();
  server.close();
  return {
    sdkPerSecond: median(sdk.map((r) => r.perSecond)),
    barePerSecond: median(bare.map((r) => r.perSecond)),
    sdkCpuMsPerCall: median(sdk.map((r) => r.cpuMsPerCall)),
    bareCpuMsPerCall: median(bare.map((r) => r.cpuMsPerCall)),
  };
}

type Round = { readonly perSecond: number; readonly cpuMsPerCall: number };

/** The server's share of the CPU is in both figures alike. */
async function round(call: () => Promise<void>): Promise<Round> {
  let left = callsPerRound;
  const worker = async () => {
    while (left-- > 0) await call();
  };
  const [startMs, cpu] = [performance.now(), process.cpuUsage()];
  await Promise.all(Array.from({ length: inFlight }, worker));
  const seconds = (performance.now() - startMs) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return {
    perSecond: callsPerRound / seconds,
    cpuMsPerCall: (user + system) / 1000 / callsPerRound,
  };
}

async function callSdk(client: DynamoDBClient): Promise<void> {
  await client.send(
    new UpdateItemCommand({
      TableName: 'logbrook',
      Key: { pk: { S: 'partition' }, sk: { S: 'head' } },
      UpdateExpression: 'SET n = n + :count',
      ConditionExpression: 'attribute_exists(n)',
      ExpressionAttributeValues: { ':count': { N: '1' } },
      ReturnValues: 'ALL_NEW',
    }),
  );
}

function callBare(port: number, agent: Agent): Promise<void> {
  const body = Buffer.alloc(260, 'x');
  const headers = { 'content-length': body.length };
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', agent, method: 'POST', headers }, (answer) => {
      answer.resume();
      answer.on('end', resolve);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
