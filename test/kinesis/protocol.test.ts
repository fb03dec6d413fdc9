/** Requests and answers to the letter: framing, errors and their order, both encodings. */

import { Buffer } from 'node:buffer';
import { Tagged } from 'cborg';
import { beforeEach, describe, expect, test } from 'vitest';
import { createOpenAccess } from '../../lib/access/access.js';
import { decodeCbor, TaggedTime } from '../../lib/kinesis/cbor.js';
import { cborType, jsonType } from '../../lib/kinesis/wire.js';
import { type FaceAlone, faceAlone } from './kinesis-server.js';

let face: FaceAlone;
beforeEach(async () => {
  face = faceAlone();
  await face.call('CreateStream', { StreamName: 's', ShardCount: 1 });
});

const target = (action: string) => ({ 'x-amz-target': `Kinesis_20131202.${action}` });
const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('framing', () => {
  test('an action without output answers with an empty body', async () => {
    const { status, text, headers } = await face.call('CreateStream', {
      StreamName: 'other',
      ShardCount: 1,
    });
    expect([status, text, headers.get('content-length')]).toEqual([200, '', '0']);
    expect(headers.get('content-type')).toBe(jsonType);
  });

  test('every answer has its request ids', async () => {
    const { headers } = await face.call('DescribeStream', { StreamName: 's' });
    expect(headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
    const id = Buffer.from(headers.get('x-amz-id-2') ?? '', 'base64');
    expect(id.length).toBeGreaterThanOrEqual(54);
  });

  test('JSON is compact and has no null', async () => {
    const Records = [{ PartitionKey: 'a', Data: base64('x') }];
    const { text } = await face.call('PutRecords', { StreamName: 's', Records });
    expect(text).toContain('"FailedRecordCount":0');
    const described = await face.call('DescribeStream', { StreamName: 's' });
    expect(described.text).not.toContain('null');
  });

  test('media types may have parameters', async () => {
    const headers = { 'content-type': `${jsonType}; charset=utf-8`, ...target('DescribeLimits') };
    expect((await face.send('{}', headers)).status).toBe(200);
  });

  test('times are seconds to the millisecond', async () => {
    const { json } = await face.call('DescribeStream', { StreamName: 's' });
    const created = json.StreamDescription.StreamCreationTimestamp as number;
    expect(Math.abs(created * 1000 - Date.now())).toBeLessThan(60_000);
  });
});

describe('what is no request', () => {
  const json = { 'content-type': jsonType };
  const cases: [
    why: string,
    body: string,
    headers: Record<string, string>,
    status: number,
    text: string,
  ][] = [
    [
      'an empty body',
      '',
      { ...json, ...target('ListStreams') },
      400,
      '{"__type":"SerializationException"}',
    ],
    [
      'an empty body of nothing known',
      '',
      { ...json, ...target('Nope') },
      400,
      '{"__type":"UnknownOperationException"}',
    ],
    [
      'no JSON',
      '{"a',
      { ...json, ...target('ListStreams') },
      400,
      '{"__type":"SerializationException"}',
    ],
    [
      'JSON that is no object',
      '1',
      { ...json, ...target('ListStreams') },
      400,
      '{"__type":"SerializationException"}',
    ],
    [
      'an unknown action',
      '{}',
      { ...json, ...target('Nope') },
      400,
      '{"__type":"UnknownOperationException"}',
    ],
    [
      'a method of objects',
      '{}',
      { ...json, ...target('toString') },
      400,
      '{"__type":"UnknownOperationException"}',
    ],
    [
      'another service',
      '{}',
      { ...json, 'x-amz-target': 'Kinesis_2000.ListStreams' },
      400,
      '{"__type":"UnknownOperationException"}',
    ],
    [
      'an unknown type',
      '{}',
      { 'content-type': 'text/plain', ...target('ListStreams') },
      404,
      '<UnknownOperationException/>\n',
    ],
  ];
  test.each(cases)('%s', async (_why, body, headers, status, text) => {
    const answer = await face.send(body, headers);
    expect([answer.status, answer.text]).toEqual([status, text]);
  });
});

describe('members of the wrong type', () => {
  const cases: [input: unknown, message: string][] = [
    [
      { StreamName: 1 },
      'class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to an String',
    ],
    [{ StreamName: true }, 'class java.lang.Boolean can not be converted to an String'],
    [{ StreamName: [] }, 'Start of list found where not expected'],
    [{ StreamName: {} }, 'Start of structure or map found where not expected.'],
    [{ Records: 'x' }, 'Expected list or null'],
    [{ Records: {} }, 'Start of structure or map found where not expected.'],
    [{ Records: [1] }, 'Expected null'],
    [
      { Records: [{ Data: 1 }] },
      'class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to a Blob',
    ],
    [
      { Records: [{ Data: 'abc' }] },
      "'abc' can not be converted to a Blob: Base64 encoded length is expected a multiple of 4 bytes but found: 3",
    ],
    [
      { Records: [{ Data: 'ab#=' }] },
      "'ab#=' can not be converted to a Blob: Invalid Base64 character: '#'",
    ],
    [
      { Records: [{ Data: 'ab-_' }] },
      "'ab-_' can not be converted to a Blob: Invalid Base64 character: '-'",
    ],
  ];
  test.each(cases)('%j', async (input, Message) => {
    const { status, json } = await face.call('PutRecords', input);
    expect([status, json]).toEqual([400, { __type: 'SerializationException', Message }]);
  });

  test('a number is a number', async () => {
    const { json } = await face.call('ListStreams', { Limit: '1' });
    expect(json.Message).toBe('class java.lang.String can not be converted to an Integer');
  });
});

describe('members that break a constraint', () => {
  const name = '[a-zA-Z0-9_.-]+';
  const cases: [action: string, input: unknown, parts: string[]][] = [
    [
      'CreateStream',
      {},
      ["Value null at 'streamName' failed to satisfy constraint: Member must not be null"],
    ],
    [
      'CreateStream',
      { StreamName: '', ShardCount: 0 },
      [
        `Value '' at 'streamName' failed to satisfy constraint: Member must satisfy regular expression pattern: ${name}`,
        "Value '' at 'streamName' failed to satisfy constraint: Member must have length greater than or equal to 1",
        "Value '0' at 'shardCount' failed to satisfy constraint: Member must have value greater than or equal to 1",
      ],
    ],
    [
      'PutRecords',
      { StreamName: 's', Records: [{ PartitionKey: '', Data: '' }, { ExplicitHashKey: '-1' }] },
      [
        "Value '' at 'records.1.member.partitionKey' failed to satisfy constraint: Member must have length greater than or equal to 1",
        "Value null at 'records.2.member.partitionKey' failed to satisfy constraint: Member must not be null",
        "Value '-1' at 'records.2.member.explicitHashKey' failed to satisfy constraint: Member must satisfy regular expression pattern: 0|([1-9]\\d{0,38})",
        "Value null at 'records.2.member.data' failed to satisfy constraint: Member must not be null",
      ],
    ],
    [
      'GetShardIterator',
      { StreamName: 's', ShardId: '0', ShardIteratorType: 'NOW' },
      [
        "Value 'NOW' at 'shardIteratorType' failed to satisfy constraint: Member must satisfy enum value set: [AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, AT_SEQUENCE_NUMBER, TRIM_HORIZON]",
      ],
    ],
    [
      'AddTagsToStream',
      { StreamName: 's', Tags: { '': 'a' } },
      [
        "Value '{=a}' at 'tags' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1]",
      ],
    ],
    [
      'RemoveTagsFromStream',
      { StreamName: 's', TagKeys: [''] },
      [
        "Value '[]' at 'tagKeys' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1]",
      ],
    ],
    [
      'SubscribeToShard',
      { ConsumerARN: 'x', ShardId: '0', StartingPosition: {} },
      [
        "Value 'x' at 'consumerARN' failed to satisfy constraint: Member must satisfy regular expression pattern: ^(arn):aws.*:kinesis:.*:\\d{12}:.*stream\\/[a-zA-Z0-9_.-]+\\/consumer\\/[a-zA-Z0-9_.-]+:[0-9]+",
        "Value null at 'startingPosition.type' failed to satisfy constraint: Member must not be null",
      ],
    ],
  ];
  test.each(cases)('%s %j', async (action, input, parts) => {
    const { status, json } = await face.call(action, input);
    const plural = parts.length > 1 ? 's' : '';
    const message = `${parts.length} validation error${plural} detected: ${parts.join('; ')}`;
    expect([status, json]).toEqual([400, { __type: 'ValidationException', message }]);
  });

  test('ten are told at most', async () => {
    const { json } = await face.call('PutRecords', { Records: Array(30).fill({}) });
    expect(json.message).toMatch(/^10 validation errors detected/);
  });
});

describe('CBOR', () => {
  test('blobs are byte strings and times tagged whole milliseconds, both ways', async () => {
    const data = new Uint8Array([0, 255, 1]);
    const put = await face.call(
      'PutRecord',
      { StreamName: 's', PartitionKey: 'k', Data: data },
      cborType,
    );
    expect(put.headers.get('content-type')).toBe(cborType);
    const at = { StreamName: 's', ShardId: '0', ShardIteratorType: 'AT_TIMESTAMP' };
    const Timestamp = new Tagged(1, Date.now() - 60_000);
    const iterator = decodeCbor(
      (await face.call('GetShardIterator', { ...at, Timestamp }, cborType)).bytes,
    );
    const answer = await face.call('GetRecords', iterator, cborType);
    const { Records } = decodeCbor(answer.bytes) as { Records: Record<string, unknown>[] };
    expect(Records[0]).toMatchObject({ PartitionKey: 'k', Data: data });
    const arrived = Records[0]?.ApproximateArrivalTimestamp as TaggedTime;
    expect(arrived).toBeInstanceOf(TaggedTime);
    expect(Number.isInteger(arrived.ms) && arrived.ms > 1e12).toBe(true);
    expect(Buffer.from(answer.bytes).includes(Buffer.from([0x43, 0, 255, 1]))).toBe(true);
  });

  test('maps and lists without a length are taken: the Java SDK writes them so', async () => {
    // {_ "StreamName": "s", "Records": [_ {_ "Data": h'01', "PartitionKey": "k"}]}
    const hex = `bf${text('StreamName')}${text('s')}${text('Records')}9fbf${text('Data')}4101${text('PartitionKey')}${text('k')}ffffff`;
    const headers = { 'content-type': cborType, ...target('PutRecords') };
    const answer = await face.send(Buffer.from(hex, 'hex'), headers);
    expect(decodeCbor(answer.bytes)).toMatchObject({ FailedRecordCount: 0 });
  });

  test('errors are CBOR, too', async () => {
    const answer = await face.call('DescribeStream', { StreamName: 'nope' }, cborType);
    expect(answer.status).toBe(400);
    expect(decodeCbor(answer.bytes)).toEqual({
      __type: 'ResourceNotFoundException',
      message: 'Stream nope under account 000000000000 not found.',
    });
    const headers = { 'content-type': cborType, ...target('ListStreams') };
    const broken = await face.send(new Uint8Array([0xff]), headers);
    expect(decodeCbor(broken.bytes)).toEqual({ __type: 'SerializationException' });
  });

  function text(value: string): string {
    return (0x60 + value.length).toString(16) + Buffer.from(value).toString('hex');
  }
});

test('whoever is not admitted is told so before the body is looked at, or even read', async () => {
  const refused = { kind: 'refused', reason: 'forbidden', message: 'not ListStreams' } as const;
  const access = { ...createOpenAccess(), authenticate: async () => refused };
  const readBody = () => Promise.reject(new Error('the body was read'));
  const guarded = faceAlone({ access, readBody });
  const { status, json } = await guarded.call('ListStreams', { Limit: 'x' });
  expect([status, json]).toEqual([
    400,
    { __type: 'AccessDeniedException', message: 'not ListStreams' },
  ]);
  const broken = await guarded.send('{', { 'content-type': jsonType, ...target('ListStreams') });
  expect(broken.json).toEqual(json);
});
