/** docs/topic-settings.md says what lib/log/topic-settings.js says: the same settings, to the letter. */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { allowedValues, topicSettings } from '../../lib/log/topic-settings.js';

const settings = Object.values(topicSettings);

test('the table in the documentation is that of the code', () => {
  const doc = readFileSync(new URL('../../docs/topic-settings.md', import.meta.url), 'utf8');
  const rows = doc.split('\n').filter((line) => /^\| `/.test(line));
  const expected = settings.map((setting) => {
    const { name, default: byDefault, documentation } = setting;
    return `| \`${name}\` | ${byDefault} | ${allowedValues(setting)} | ${documentation} |`;
  });
  expect(rows).toEqual(expected);
});

test('each is named once, and says what it does in one line', () => {
  const names = settings.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { documentation } of settings) expect(documentation).toMatch(/^[^\n|]+\.$/);
});

test('what is allowed is said in words', () => {
  expect(allowedValues(topicSettings.logAppendTime)).toBe('CreateTime or LogAppendTime');
  expect(allowedValues(topicSettings.retentionMs)).toBe('a whole number from -1 up');
  const inline = 'auto or a whole number from 0 to 262144';
  expect(allowedValues(topicSettings.inlineBytesMax)).toBe(inline);
});
