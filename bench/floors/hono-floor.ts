/**
 * The floor of a small JSON produce: a bare Hono server that reads the JSON and answers in the shape of
 * an append, but stores nothing.
 */

import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { tellPort } from './tell-port.js';

const app = new Hono();
let offset = 0;
app.post('/v1/topics/:topic/records', async (c) => {
  const { records } = await c.req.json<{ records: unknown[] }>();
  const baseOffset = offset;
  offset += records.length;
  return c.json({ topic: c.req.param('topic'), partitions: [{ partition: 0, baseOffset }] });
});
tellPort(createAdaptorServer({ fetch: app.fetch }) as Server);
