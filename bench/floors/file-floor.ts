/**
 * The floor of a cold fetch: a bare node:http server that streams the same bytes from the same files.
 * `GET /<n>` streams the n-th range of the list it was given.
 */

import { createReadStream, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tellPort } from './tell-port.js';

export type FileRange = {
  readonly path: string;
  readonly start: number;
  readonly sizeBytes: number;
};

const ranges: FileRange[] = JSON.parse(readFileSync(process.argv[2] as string, 'utf8'));

const server = createServer((request, response) => {
  const range = ranges[Number(request.url?.slice(1)) % ranges.length] as FileRange;
  const { path, start, sizeBytes } = range;
  response.writeHead(200, { 'content-length': sizeBytes });
  createReadStream(path, { start, end: start + sizeBytes - 1 }).pipe(response);
});
tellPort(server);
