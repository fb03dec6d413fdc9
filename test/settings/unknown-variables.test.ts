/** lib/settings/unknown-variables.js: what looks like a setting and is none is told when a server starts. */

import { expect, test } from 'vitest';
import { serve } from '../../bin/serve.js';
import { unknownVariables } from '../../lib/settings/unknown-variables.js';
import type { Logger } from '../../lib/store/world.js';

test('settings, variables of the command line and those of others are nothing to tell of', () => {
  const environment = { LOGBROOK_GRACE_MS: '1', LOGBROOK_URL: 'x', LOGBROOK_KEY: 'x', HOME: '/' };
  expect(unknownVariables(environment)).toEqual([]);
});

test.each([
  ['LOGBROOK_COMPACT_AFTER', 'LOGBROOK_COMPACT_AFTER_MS'],
  ['LOGBROOK_LOGLEVEL', 'LOGBROOK_LOG_LEVEL'],
  ['LOGBROOK_PORT', undefined],
])('%s is no setting; meant is %s', (name, meant) => {
  expect(unknownVariables({ [name]: '1' })).toEqual([{ name, meant }]);
});

test('a server says so when it starts, and starts', async () => {
  const warned: unknown[] = [];
  const log: Logger = {
    info: () => {},
    warn: (message, facts) => warned.push([message, facts]),
    error: () => {},
  };
  const options = {
    port: 0,
    host: '127.0.0.1',
    store: 'memory',
    dataDir: '',
    takeOver: false,
  } as const;
  const server = await serve(options, { LOGBROOK_GRACE: '1' }, { log });
  await server.stop();
  expect(warned).toEqual([
    [
      'a variable is no setting of a server',
      { name: 'LOGBROOK_GRACE', meant: 'LOGBROOK_GRACE_MS' },
    ],
  ]);
});
