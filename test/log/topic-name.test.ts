/** Kafka's rule for topic names; the verdicts are those of Topic.isValid of kafka-clients 3.9.1. */

import { expect, test } from 'vitest';
import { topicNameProblem } from '../../lib/log/topic-name.js';

test.each(['a', '.a', '...', 'a.b_c-D9', '-', '_', '0', 'x'.repeat(249)])(
  '"%s" is a name',
  (name) => {
    expect(topicNameProblem(name)).toBeUndefined();
  },
);

test.each([
  ['', 'at least one character'],
  ['.', 'cannot be named "."'],
  ['..', 'cannot be named ".."'],
  ['x'.repeat(250), 'at most 249 characters, this one has 250'],
  ['a/b', 'not "/"'],
  ['a\\b', 'not "\\\\"'],
  ['a b', 'not " "'],
  ['a\u0000b', 'not "\\u0000"'],
  ['a\n', 'not "\\n"'],
  ['a,b', 'not ","'],
  ['a:b', 'not ":"'],
  ['é', 'not "é"'],
  ['\u0430', 'not "\u0430"'],
  ['\uFF41', 'not "\uFF41"'],
  ['\u212A', 'not "\u212A"'],
  ['a\u200B', 'not "\u200B"'],
  ['𝄞', 'not "𝄞"'],
])('%j is none, and the answer says why', (name, why) => {
  expect(topicNameProblem(name)).toContain(why);
});
