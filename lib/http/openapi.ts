/**
 * The OpenAPI 3.1 description, made of the same schemas that validate requests.
 */

import * as z from 'zod';
import { createDocument, type ZodOpenApiPathsObject } from 'zod-openapi';
import {
  appendQuery,
  fetchQuery,
  listQuery,
  listTopicsQuery,
  offsetsQuery,
  partitionAppendQuery,
  partitionPath,
  topicPath,
} from '../contract/fields.js';
import {
  commitRequest,
  commitResponse,
  deleteOffsetsQuery,
  groupDescription,
  groupList,
  groupOffsets,
  groupOffsetsQuery,
  groupPath,
  heartbeatRequest,
  heartbeatResponse,
  resetRequest,
  resetResponse,
} from '../contract/groups.js';
import { jobReport, jobStatus } from '../contract/jobs.js';
import { batchContentType, ndjsonContentType } from '../contract/media-types.js';
import {
  acceptedResponse,
  appendRequest,
  appendResponse,
  fetchResponse,
  partitionAppendResponse,
  recordInput,
  recordOutput,
} from '../contract/records.js';
import { alterTopicRequest, topicConfigList } from '../contract/topic-configs.js';
import {
  addPartitionsRequest,
  createTopicRequest,
  fenceRequest,
  fenceResponse,
  partitionOffsets,
  producer,
  topic,
  topicDescription,
  topicList,
  topicOffsets,
  trimRequest,
  trimResponse,
} from '../contract/topics.js';
import { keyPaths, securitySchemes } from './openapi-keys.js';
import { json, operation, requestBody } from './openapi-operation.js';

const recordBodies = {
  'application/json': { schema: appendRequest },
  [ndjsonContentType]: { schema: recordInput },
  'text/plain': { schema: { type: 'string', description: 'Each line is a value.' } },
} as const;

const binary = { schema: { type: 'string', format: 'binary' } } as const;

const health = z.object({ status: z.literal('ok') }).meta({ id: 'Health' });

/** With `Accept: text/event-stream` only. */
const followHeaders = z.object({
  'Last-Event-ID': z.string().optional().meta({
    description: 'Goes on following after this event, whatever the query says.',
  }),
});

const topicPaths: ZodOpenApiPathsObject = {
  '/v1/topics': {
    post: operation('createTopic', 'Create a topic', {
      requestBody: requestBody(createTopicRequest),
      responses: { '201': json('Created.', topic) },
    }),
    get: operation('listTopics', 'List topics, in order of names', {
      requestParams: { query: listTopicsQuery },
      responses: { '200': json('A page of topics.', topicList) },
    }),
  },
  '/v1/topics/{topic}': {
    get: operation('describeTopic', 'Describe a topic and its partitions', {
      requestParams: { path: topicPath },
      responses: { '200': json('The topic.', topicDescription) },
    }),
    patch: operation('alterTopic', 'Change settings of a topic', {
      requestParams: { path: topicPath },
      requestBody: requestBody(alterTopicRequest),
      responses: { '200': json('The settings as they are now.', topicConfigList) },
    }),
    delete: operation('deleteTopic', 'Delete a topic', {
      requestParams: { path: topicPath },
      responses: { '204': { description: 'Deleted: no append is taken any more.' } },
    }),
  },
  '/v1/topics/{topic}/partitions': {
    post: operation('addPartitions', 'Give a topic more partitions', {
      requestParams: { path: topicPath },
      requestBody: requestBody(addPartitionsRequest),
      responses: { '200': json('The topic as it is now.', topic) },
    }),
  },
  '/v1/topics/{topic}/partitions/{partition}/trim': {
    post: operation('trimPartition', 'Delete the records below an offset', {
      requestParams: { path: partitionPath },
      requestBody: requestBody(trimRequest),
      responses: { '200': json('The log begins there now.', trimResponse) },
    }),
  },
  '/v1/topics/{topic}/offsets': {
    get: operation('listOffsets', 'Offsets of every partition, also by time', {
      requestParams: { path: topicPath, query: offsetsQuery },
      responses: { '200': json('The offsets.', topicOffsets) },
    }),
  },
  '/v1/topics/{topic}/partitions/{partition}/offsets': {
    get: operation('partitionOffsets', 'Offsets of a partition, also by time', {
      requestParams: { path: partitionPath, query: offsetsQuery },
      responses: { '200': json('The offsets.', partitionOffsets) },
    }),
  },
  '/v1/topics/{topic}/partitions/{partition}/fence': {
    put: operation('fencePartition', 'Set or remove the fencing token', {
      requestParams: { path: partitionPath },
      requestBody: requestBody(fenceRequest),
      responses: { '200': json('From now on appends may ask for this token.', fenceResponse) },
    }),
  },
  '/v1/producers': {
    post: operation('createProducer', 'A producer id that nobody had before', {
      responses: { '201': json('Start with epoch 0 and sequence 0.', producer) },
    }),
  },
};

const groupPaths: ZodOpenApiPathsObject = {
  '/v1/groups': {
    get: operation('listGroups', 'List consumer groups, in order of ids', {
      requestParams: { query: listQuery },
      responses: { '200': json('A page of groups.', groupList) },
    }),
  },
  '/v1/groups/{group}': {
    get: operation('describeGroup', 'Describe a group: members, assignments, lag', {
      requestParams: { path: groupPath },
      responses: { '200': json('The group.', groupDescription) },
    }),
    delete: operation('deleteGroup', 'Delete a group without members, with its offsets', {
      requestParams: { path: groupPath },
      responses: { '204': { description: 'Deleted.' } },
    }),
  },
  '/v1/groups/{group}/heartbeat': {
    post: operation('groupHeartbeat', 'Join, go on, or leave', {
      requestParams: { path: groupPath },
      requestBody: requestBody(heartbeatRequest),
      responses: { '200': json('What the member has, and is to give up.', heartbeatResponse) },
    }),
  },
  '/v1/groups/{group}/offsets': {
    post: operation('commitOffsets', 'Commit offsets', {
      requestParams: { path: groupPath },
      requestBody: requestBody(commitRequest),
      responses: {
        '200': json('Durable.', commitResponse),
        '207': json('Some partitions failed: each says what became of it.', commitResponse),
      },
    }),
    get: operation('groupOffsets', 'Committed offsets', {
      requestParams: { path: groupPath, query: groupOffsetsQuery },
      responses: { '200': json('Of topics that exist.', groupOffsets) },
    }),
    delete: operation('deleteGroupOffsets', 'Delete committed offsets of a topic', {
      requestParams: { path: groupPath, query: deleteOffsetsQuery },
      responses: { '204': { description: 'Deleted.' } },
    }),
  },
  '/v1/groups/{group}/reset': {
    post: operation('resetGroupOffsets', 'Move committed offsets forth or back', {
      requestParams: { path: groupPath },
      requestBody: requestBody(resetRequest),
      responses: {
        '200': json('What was done, or would be.', resetResponse),
        '207': json('Some partitions failed: each says what became of it.', resetResponse),
      },
    }),
  },
};

const jobPaths: ZodOpenApiPathsObject = {
  '/v1/jobs': {
    get: operation('jobStatus', 'Whether maintenance runs, and what its last run did', {
      responses: { '200': json('In the process that answers.', jobStatus) },
    }),
  },
  '/v1/jobs/run': {
    post: operation('runJobs', 'Run maintenance now, or join the run under way', {
      responses: { '200': json('What the run has done.', jobReport) },
    }),
  },
};

const healthPaths: ZodOpenApiPathsObject = {
  '/healthz': {
    get: operation('health', 'Whether the server answers', {
      responses: { '200': json('It does.', health) },
    }),
  },
};

const recordPaths: ZodOpenApiPathsObject = {
  '/v1/topics/{topic}/records': {
    post: operation('append', 'Append records, partitioned by key', {
      requestParams: { path: topicPath, query: appendQuery },
      requestBody: { content: recordBodies },
      responses: {
        '200': json('Durable, with offsets.', appendResponse),
        '202': json('Accepted (acks=0).', acceptedResponse),
        '207': json('Some partitions failed: each says what became of it.', appendResponse),
      },
    }),
  },
  '/v1/topics/{topic}/partitions/{partition}/records': {
    post: operation('appendToPartition', 'Append one batch to a partition: all of it or nothing', {
      requestParams: { path: partitionPath, query: partitionAppendQuery },
      requestBody: { content: { ...recordBodies, [batchContentType]: binary } },
      responses: {
        '200': json('Durable, with offsets.', partitionAppendResponse),
        '202': json('Accepted (acks=0).', acceptedResponse),
      },
    }),
    get: operation('fetch', 'Fetch records; follow them with Accept: text/event-stream', {
      requestParams: { path: partitionPath, query: fetchQuery, header: followHeaders },
      responses: {
        '200': {
          description: 'Records in offset order; empty at the end of the log.',
          content: {
            'application/json': { schema: fetchResponse },
            [ndjsonContentType]: { schema: recordOutput },
            [batchContentType]: binary,
            'text/event-stream': { schema: { type: 'string' } },
          },
        },
      },
    }),
  },
};

export function openApiDocument(): ReturnType<typeof createDocument> {
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Logbrook',
      version: '1',
      description: 'Topics, partitions and offsets over HTTPS, with nothing running.',
    },
    // The empty one: a server on loopback asks for none.
    security: [{ bearer: [] }, { basic: [] }, {}],
    components: { securitySchemes },
    paths: {
      ...topicPaths,
      ...recordPaths,
      ...groupPaths,
      ...jobPaths,
      ...keyPaths,
      ...healthPaths,
    },
  });
}
