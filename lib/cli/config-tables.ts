/**
 * Settings of topics as people see them.
 */

import type { TopicConfig } from '../contract/topic-configs.js';
import { renderTable } from './table.js';

/** All of them, with what each is for. */
export function configsTable(configs: readonly TopicConfig[]): Promise<string> {
  const rows = configs.map(({ name, value, default: byDefault, source, documentation }) => [
    name,
    value,
    byDefault,
    source,
    documentation,
  ]);
  return renderTable(['SETTING', 'VALUE', 'DEFAULT', 'SOURCE', 'WHAT IT DOES'], rows);
}

/** Those that differ from the defaults on purpose. */
export async function ownConfigsTable(configs: readonly TopicConfig[]): Promise<string> {
  const own = configs.filter(({ source }) => source === 'topic');
  if (own.length === 0) return 'All settings have their defaults.';
  const rows = own.map(({ name, value, default: byDefault }) => [name, value, byDefault]);
  return renderTable(['SETTING', 'VALUE', 'DEFAULT'], rows);
}
