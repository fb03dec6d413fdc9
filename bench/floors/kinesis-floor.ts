/**
 * What the AWS SDK itself costs: an HTTP/2 server that reads each request to its end and gives a canned
 * answer, as long as a real one.
 */

import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';

const MiB = 1024 * 1024;
const record = {
  SequenceNumber: '49680488728033694019164165370150813578458426345783296002',
  ShardId: 'shardId-000000000000',
};
const put = JSON.stringify({ FailedRecordCount: 0, Records: Array(500).fill(record) });
const read = JSON.stringify({
  Records: Array.from({ length: 5_000 }, (_, i) => ({
    SequenceNumber: record.SequenceNumber,
    ApproximateArrivalTimestamp: 1_790_000_000.123,
    Data: Buffer.alloc(1024, i).toString('base64'),
    PartitionKey: `key-${i}`,
  })),
  NextShardIterator: 'A'.repeat(120),
  MillisBehindLatest: 0,
});

const server = createServer({ settings: { initialWindowSize: 16 * MiB } });
server.on('session', (session) => session.setLocalWindowSize(64 * MiB));
server.on('stream', (stream, headers) => {
  const answer = String(headers['x-amz-target']).endsWith('GetRecords') ? read : put;
  stream.on('data', () => {});
  stream.on('end', () => {
    stream.respond({ ':status': 200, 'content-type': 'application/x-amz-json-1.1' });
    stream.end(answer);
  });
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
