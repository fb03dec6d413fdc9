/** Bad paths, queries, headers and bodies of topics: each refused with what is wrong about it. */

import { describe, expect, test } from 'vitest';
import { type ApiOf, jsonInit, problemFrom, recordsPath } from './api-client.js';
import { type BadInput, badInputTable } from './bad-input.js';

const good = jsonInit({ records: [{ value: 'x' }] });
const unknown = 'UNKNOWN_TOPIC_OR_PARTITION';

export function badRequestCases(api: ApiOf): void {
  // Fault 31 of docs/faults.md.
  describe('bad paths', () => {
    badInputTable(api, [...badTopicPaths, ...badPartitionPaths]);
    methodCases(api);
  });
  // Fault 31 of docs/faults.md.
  describe('bad queries', () => badInputTable(api, [...badFetchQueries, ...badAppendQueries]));
  describe('bad headers', () => badInputTable(api, badHeaders));
  // Fault 32 of docs/faults.md.
  describe('bad topics', () => badInputTable(api, badTopics));
}

const badTopicPaths: readonly BadInput[] = [
  ['an unknown topic', () => ['/v1/topics/nobody'], 404, unknown, /no topic "nobody"/],
  ['an append to it', () => ['/v1/topics/nobody/records', good], 404, unknown, /nobody/],
  ['a fetch from it', () => [recordsPath('nobody')], 404, unknown, /nobody/],
  ['its deletion', () => ['/v1/topics/nobody', { method: 'DELETE' }], 404, unknown, /nobody/],
  ['a path out of it', () => ['/v1/topics/%2e%2e%2f/records', good], 404, unknown, /\.\.\//],
  ['a slash in it', () => ['/v1/topics/a%2Fb'], 404, unknown, /a\/b/],
  ['a NUL in it', () => ['/v1/topics/a%00b'], 404, unknown, /no topic/],
  ['250 characters', () => [`/v1/topics/${'a'.repeat(250)}`], 404, unknown, /no topic/],
  ['a look-alike', () => ['/v1/topics/%D0%B0ccess'], 404, unknown, /no topic/],
  ['broken escapes', () => ['/v1/topics/%zz%'], 404, unknown, /no topic/],
  ['bytes that are no text', () => ['/v1/topics/%ff'], 404, unknown, /no topic/],
  ['dots', () => ['/v1/topics/../../etc/passwd'], 404, 'INVALID_REQUEST', /no GET \/etc\/passwd/],
  ['an unknown path', () => ['/v2/topics'], 404, 'INVALID_REQUEST', /no GET .*openapi/],
  [
    'an empty topic',
    () => ['/v1/topics//records', good],
    404,
    'INVALID_REQUEST',
    /There is no POST/,
  ],
];

const badPartitions: readonly (readonly [string, number, string, RegExp])[] = [
  ['3', 404, unknown, /0 to 2, not 3/],
  ['2147483647', 404, unknown, /0 to 2/],
  ['2147483648', 400, 'INVALID_REQUEST', /partition.*2147483647/],
  ['-1', 400, 'INVALID_REQUEST', /partition: must be a plain decimal/],
  ['1e3', 400, 'INVALID_REQUEST', /partition/],
  ['0x1', 400, 'INVALID_REQUEST', /partition/],
  ['9007199254740992', 400, 'INVALID_REQUEST', /partition/],
  ['1.5', 400, 'INVALID_REQUEST', /partition/],
  ['%EF%BC%91', 400, 'INVALID_REQUEST', /partition/],
  ['%200', 400, 'INVALID_REQUEST', /partition/],
];

const badPartitionPaths: readonly BadInput[] = badPartitions.flatMap(
  ([partition, status, code, detail]): BadInput[] => {
    const path = (topic: string) => `/v1/topics/${topic}/partitions/${partition}`;
    const token = jsonInit({ token: 'x' }, 'PUT');
    const trim = jsonInit({ offset: 0 });
    return [
      [`partition ${partition}, fetch`, (t) => [`${path(t)}/records`], status, code, detail],
      [`partition ${partition}, append`, (t) => [`${path(t)}/records`, good], status, code, detail],
      [`partition ${partition}, offsets`, (t) => [`${path(t)}/offsets`], status, code, detail],
      [`partition ${partition}, fence`, (t) => [`${path(t)}/fence`, token], status, code, detail],
      [`partition ${partition}, trim`, (t) => [`${path(t)}/trim`, trim], status, code, detail],
    ];
  },
);

function methodCases(api: ApiOf): void {
  test.each([
    ['PATCH', '/v1/topics', 'GET, POST'],
    ['POST', '/v1/topics/x', 'GET, PATCH, DELETE'],
    ['GET', '/v1/topics/x/partitions', 'POST'],
    ['DELETE', '/v1/topics/x/partitions/0/trim', 'POST'],
    ['PUT', '/v1/topics/x/partitions/0/records', 'GET, POST'],
    ['GET', '/v1/topics/x/records', 'POST'],
    ['GET', '/v1/producers', 'POST'],
    ['DELETE', '/healthz', 'GET'],
    ['OPTIONS', '/v1/topics', 'GET, POST'],
  ])('%s %s is told which methods there are', async (method, path, allow) => {
    const response = await api().fetch(path, { method });
    expect(response.headers.get('allow')).toBe(allow);
    await problemFrom(response, 405, 'INVALID_REQUEST', /takes/);
  });
}

function fetching(query: string, detail: RegExp): BadInput {
  return [
    `fetch ${query}`,
    (topic) => [recordsPath(topic) + query],
    400,
    'INVALID_REQUEST',
    detail,
  ];
}

const badFetchQueries: readonly BadInput[] = [
  fetching('?offset=-1', /offset: must be a plain decimal/),
  fetching('?offset=1.5', /offset/),
  fetching('?offset=1e3', /offset/),
  fetching('?offset=', /offset/),
  fetching('?offset', /offset/),
  fetching('?offset=%2B1', /offset/),
  fetching('?offset=NaN', /offset/),
  fetching('?offset=9007199254740992', /offset.*9007199254740991/),
  fetching('?last=-1', /last/),
  fetching('?timestamp=-1', /timestamp: must be milliseconds since 1970 or an ISO/),
  fetching('?timestamp=1.5', /timestamp/),
  fetching('?timestamp=NaN', /timestamp/),
  fetching('?timestamp=yesterday', /timestamp/),
  fetching('?timestamp=abc%201', /timestamp/),
  fetching('?timestamp=5/5/2020', /timestamp/),
  fetching('?timestamp=2024-01-01T00:00:00', /timestamp.*zone/),
  fetching('?timestamp=2024-13-01T00:00:00Z', /timestamp/),
  fetching('?timestamp=1969-12-31T23:59:59Z', /timestamp/),
  fetching('?offset=0&last=1', /one of offset, timestamp, last/),
  fetching('?offset=0&timestamp=1', /one of offset, timestamp, last/),
  fetching('?last=1&timestamp=1', /one of offset, timestamp, last/),
  fetching('?offset=0&offset=1', /offset: is given more than once/),
  fetching('?offset=0&%6fffset=0', /offset: is given more than once/),
  fetching('?ofset=0', /"ofset"/),
  fetching('?__proto__=0', /__proto__/),
  fetching('?constructor=0', /constructor/),
  fetching('?maxBytes=33554433', /maxBytes.*33554432/),
  fetching('?maxBytes=-1', /maxBytes/),
  fetching('?maxRecords=1.0', /maxRecords/),
  fetching('?waitMs=60001', /waitMs.*60000/),
  fetching('?waitMs=-1', /waitMs/),
  fetching('?format=xml', /format/),
  fetching('?format=TEXT', /format/),
  ['list ?limit=0', () => ['/v1/topics?limit=0'], 400, 'INVALID_REQUEST', /limit.*1/],
  ['list ?limit=1001', () => ['/v1/topics?limit=1001'], 400, 'INVALID_REQUEST', /limit.*1000/],
  [
    'offsets ?offset=1',
    (t) => [`/v1/topics/${t}/offsets?offset=1`],
    400,
    'INVALID_REQUEST',
    /offset/,
  ],
];

function appending(query: string, detail: RegExp, code = 'INVALID_REQUEST'): BadInput {
  return [`append ${query}`, (topic) => [recordsPath(topic) + query, good], 400, code, detail];
}

const badAppendQueries: readonly BadInput[] = [
  appending('?acks=1', /acks is all .* or 0.*"1"/, 'INVALID_REQUIRED_ACKS'),
  appending('?acks=', /acks/, 'INVALID_REQUIRED_ACKS'),
  appending('?acks=ALL', /acks/, 'INVALID_REQUIRED_ACKS'),
  appending('?keyField=0', /keyField.*1/),
  appending('?keyField=1001', /keyField.*1000/),
  appending('?keyfield=1', /"keyfield"/),
  appending('?expectedOffset=-1', /expectedOffset/),
  appending('?fencingToken=', /fencingToken/),
  appending(`?fencingToken=${'x'.repeat(37)}`, /fencingToken.*36/),
  appending('?producerId=1', /goes together/),
  appending('?producerId=1&producerEpoch=0', /goes together/),
  appending('?baseSequence=0', /goes together/),
  appending('?producerId=1&producerEpoch=32768&baseSequence=0', /producerEpoch.*32767/),
  appending('?producerId=1&producerEpoch=0&baseSequence=2147483648', /baseSequence.*2147483647/),
  appending('?producerId=-1&producerEpoch=0&baseSequence=0', /producerId/),
  appending('?acks=all&acks=0', /acks: is given more than once/),
  [
    'append to a topic with what needs a partition',
    (topic) => [`/v1/topics/${topic}/records?expectedOffset=0`, good],
    400,
    'INVALID_REQUEST',
    /expectedOffset/,
  ],
];

const withHeaders = (headers: Record<string, string>, body = '{"records":[{"value":"x"}]}') =>
  ({ method: 'POST', body, headers }) satisfies RequestInit;

const refusedType = 'INVALID_REQUEST';

const badHeaders: readonly BadInput[] = [
  [
    'an unknown content type',
    (t) => [recordsPath(t), withHeaders({ 'content-type': 'application/xml' })],
    415,
    refusedType,
    /application\/xml.*application\/json, application\/x-ndjson, text\/plain, application\/vnd/,
  ],
  [
    'no content type',
    (t) => [recordsPath(t), { method: 'POST', body: new Uint8Array([123, 125]) }],
    415,
    refusedType,
    /no content-type; send one of application\/json/,
  ],
  [
    'a record batch for a whole topic',
    (t) => [
      `/v1/topics/${t}/records`,
      withHeaders({ 'content-type': 'application/vnd.logbrook.record-batch' }),
    ],
    415,
    refusedType,
    /send one of application\/json, application\/x-ndjson, text\/plain\./,
  ],
  ...['application/json', 'application/vnd.logbrook.record-batch'].map(
    (type): BadInput => [
      `a compressed body of ${type}`,
      (t) => [
        recordsPath(t),
        withHeaders({ 'content-type': type, 'content-encoding': 'gzip' }, '{}'),
      ],
      415,
      refusedType,
      /Content-encoding gzip/,
    ],
  ),
  [
    'a topic that is no JSON',
    () => ['/v1/topics', withHeaders({ 'content-type': 'text/plain' })],
    415,
    refusedType,
    /text\/plain.*application\/json/,
  ],
];

const creating = (
  name: string,
  body: unknown,
  code: string,
  detail: RegExp,
  status = 400,
): BadInput => [name, () => ['/v1/topics', jsonInit(body)], status, code, detail];

const wrongName = 'INVALID_TOPIC_EXCEPTION';

const badTopics: readonly BadInput[] = [
  creating('no name', {}, 'INVALID_REQUEST', /name/),
  creating('an empty name', { name: '' }, wrongName, /at least one character/),
  creating('a name of one dot', { name: '.' }, wrongName, /cannot be named "\."/),
  creating('a name of two dots', { name: '..' }, wrongName, /cannot be named "\.\."/),
  creating('a name of 250 characters', { name: 'a'.repeat(250) }, wrongName, /249.*250/),
  creating('a slash in a name', { name: 'a/b' }, wrongName, /"\/"/),
  creating('an escaped slash in a name', { name: '%2e%2e%2f' }, wrongName, /"%"/),
  creating('a NUL in a name', { name: 'a\0' }, wrongName, /u0000/),
  creating('a line end in a name', { name: 'a\n' }, wrongName, /letters, digits/),
  creating('a look-alike in a name', { name: 'аccess' }, wrongName, /"а"/),
  creating('a lone surrogate in a name', '{"name":"\\ud800"}', wrongName, /letters, digits/),
  creating('a number for a name', { name: 5 }, 'INVALID_REQUEST', /name.*string/),
  creating('no partitions', { name: 'x', partitions: 0 }, 'INVALID_PARTITIONS', /1 to 10000.*0/),
  creating('-1 partitions', { name: 'x', partitions: -1 }, 'INVALID_PARTITIONS', /-1/),
  creating('10001 partitions', { name: 'x', partitions: 10_001 }, 'INVALID_PARTITIONS', /10000/),
  creating('1.5 partitions', { name: 'x', partitions: 1.5 }, 'INVALID_REQUEST', /partitions.*int/),
  creating('partitions as text', { name: 'x', partitions: '1' }, 'INVALID_REQUEST', /partitions/),
  creating('too many to count', '{"name":"x","partitions":1e400}', 'INVALID_REQUEST', /partitions/),
  creating('an unknown field', { name: 'x', retention: 1 }, 'INVALID_REQUEST', /"retention"/),
  creating('a list', [], 'INVALID_REQUEST', /object/),
  creating('nothing', '', 'INVALID_REQUEST', /not valid JSON/),
  creating('a body over 64 KiB', { name: 'a'.repeat(70_000) }, 'MESSAGE_TOO_LARGE', /65536/, 413),
];
