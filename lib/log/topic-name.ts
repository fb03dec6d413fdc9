/**
 * Kafka's rule for topic names, exactly. Names never become paths or keys: those carry topic ids.
 */

import { topicNameLengthMax } from './limits.js';

/** Says what is wrong with a name, or nothing. */
export function topicNameProblem(name: string): string | undefined {
  if (name.length === 0) return 'a topic name has at least one character';
  if (name === '.' || name === '..') return `a topic cannot be named "${name}"`;
  if (name.length > topicNameLengthMax) {
    return `a topic name has at most ${topicNameLengthMax} characters, this one has ${name.length}`;
  }
  const wrong = /[^a-zA-Z0-9._-]/u.exec(name);
  if (wrong) {
    return `a topic name holds only letters, digits, ".", "_" and "-", not ${JSON.stringify(wrong[0])}`;
  }
  return undefined;
}
