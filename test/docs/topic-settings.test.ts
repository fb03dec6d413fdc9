/** docs/topic-settings.md: what it shows of a compacted topic is what happens. */

import { expect, test } from 'vitest';
import { blocksOf, startDocsShell } from './docs-shell.js';

test('the walk through a compacted topic', async () => {
  const blocks = blocksOf('topic-settings.md');
  const walk = blocks.findIndex((block) => block.includes('# a tombstone'));
  const serve = /^(LOGBROOK_\w+)=(\d+) logbrook serve\n$/.exec(blocks[walk - 1] ?? '');
  const [, name = 'no variable', value = ''] = serve ?? [];
  const shell = await startDocsShell({ [name]: value });
  try {
    const left = shell
      .run(blocks[walk] as string)
      .match(/^\{.*$/gm)
      ?.map((line) => JSON.parse(line))
      // The other commands' results are JSON in a pipe as well.
      .filter((value) => 'offset' in value);
    expect(left).toMatchObject([
      { offset: 2, key: 'ann', value: '3' },
      { offset: 3, key: 'bob', value: null },
    ]);
  } finally {
    await shell.close();
  }
}, 60_000);
