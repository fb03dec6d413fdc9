/** lib/log/topic-configs.js and lib/log/topic-settings.js: what can be set, and what it then means. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { batchBytesMax } from '../../lib/log/limits.js';
import {
  changeConfigs,
  configNames,
  describeConfigs,
  topicConfigDefaults,
  topicConfigsOf,
} from '../../lib/log/topic-configs.js';
import { allowedValues, topicSettings } from '../../lib/log/topic-settings.js';

const dayMs = 86_400_000;

test('nothing set means the defaults', () => {
  expect(topicConfigsOf({})).toEqual({
    retentionMs: 7 * dayMs,
    retentionBytes: -1,
    cleanupPolicy: { delete: true, compact: false },
    segmentBytes: 64 * 2 ** 20,
    maxMessageBytes: batchBytesMax,
    logAppendTime: false,
    minCompactionLagMs: 0,
    minCleanableDirtyRatio: 0.5,
    deleteRetentionMs: dayMs,
    compression: 'producer',
    inlineBytesMax: undefined,
  });
});

test('what is set means what it says', () => {
  const overrides = {
    'retention.ms': '-1',
    'retention.bytes': '1000000',
    'cleanup.policy': 'compact,delete',
    'segment.bytes': '1048576',
    'max.message.bytes': '1024',
    'message.timestamp.type': 'LogAppendTime',
    'min.compaction.lag.ms': '1',
    'min.cleanable.dirty.ratio': '0.25',
    'delete.retention.ms': '0',
    'compression.type': 'uncompressed',
    'logbrook.inline.bytes.max': '0',
  };
  expect(Object.keys(overrides).sort()).toEqual([...configNames].sort());
  expect(topicConfigsOf(overrides)).toEqual({
    retentionMs: -1,
    retentionBytes: 1_000_000,
    cleanupPolicy: { delete: true, compact: true },
    segmentBytes: 1_048_576,
    maxMessageBytes: 1_024,
    logAppendTime: true,
    minCompactionLagMs: 1,
    minCleanableDirtyRatio: 0.25,
    deleteRetentionMs: 0,
    compression: 'none',
    inlineBytesMax: 0,
  });
});

test('what a newer version stored does no harm', () => {
  const strange = { 'no.such.thing': '1', 'retention.ms': 'soon', 'segment.bytes': '2097152' };
  expect(topicConfigsOf(strange)).toEqual({ ...topicConfigDefaults, segmentBytes: 2_097_152 });
  expect(changeConfigs(strange, { remove: ['no.such.thing'] })).toMatchObject({
    configs: { 'retention.ms': 'soon' },
  });
});

test('what was read once is not read again, and nobody can change it for others', () => {
  const overrides = { 'segment.bytes': '1048576' };
  const configs = topicConfigsOf(overrides);
  expect(topicConfigsOf(overrides)).toBe(configs);
  expect(topicConfigsOf({ ...overrides })).toEqual(configs);
  expect([configs, topicConfigDefaults].every(Object.isFrozen)).toBe(true);
});

test('a description shows every setting, and who set it', () => {
  const described = describeConfigs({ 'retention.ms': '5' });
  expect(described.map(({ name }) => name)).toEqual(configNames);
  const byDefault = String(7 * dayMs);
  expect(described[0]).toMatchObject({ value: '5', default: byDefault, source: 'topic' });
  for (const one of described.slice(1)) {
    expect(one).toMatchObject({ value: one.default, source: 'default' });
    expect(one.documentation).toMatch(/\.$/);
  }
});

test('changes add, replace and remove, and write values in one way', () => {
  const before = { 'retention.ms': '5', 'retention.bytes': '6' };
  const set = { 'retention.ms': '0007', 'cleanup.policy': 'delete, compact' };
  expect(changeConfigs(before, { set, remove: ['retention.bytes', 'segment.bytes'] })).toEqual({
    kind: 'changed',
    configs: { 'retention.ms': '7', 'cleanup.policy': 'compact,delete' },
  });
  expect(changeConfigs(before, {})).toEqual({ kind: 'changed', configs: before });
});

test.each<[set: Record<string, string>, setting: string, message: RegExp]>([
  [{ 'retention.ms': '-2' }, 'retention.ms', /is a whole number from -1 up, not "-2"/],
  [{ 'retention.ms': '1.5' }, 'retention.ms', /not "1.5"/],
  [{ 'retention.ms': '1e3' }, 'retention.ms', /whole number/],
  [{ 'retention.ms': '' }, 'retention.ms', /not ""/],
  [{ 'retention.ms': '9007199254740992' }, 'retention.ms', /whole number/],
  [{ 'cleanup.policy': 'none' }, 'cleanup.policy', /is delete, compact or compact,delete, not/],
  [{ 'cleanup.policy': 'compact,compact' }, 'cleanup.policy', /not "compact,compact"/],
  [{ 'segment.bytes': '1048575' }, 'segment.bytes', /from 1048576 to 1073741824/],
  [{ 'max.message.bytes': String(batchBytesMax + 1) }, 'max.message.bytes', /to 4194304, not/],
  [{ 'max.message.bytes': '1023' }, 'max.message.bytes', /from 1024/],
  [{ 'compression.type': 'snappy' }, 'compression.type', /producer, uncompressed, gzip or zstd/],
  [{ 'message.timestamp.type': 'logappendtime' }, 'message.timestamp.type', /LogAppendTime/],
  [{ 'logbrook.inline.bytes.max': '-1' }, 'logbrook.inline.bytes.max', /auto or a whole number/],
  [
    { 'retention.mss': '1' },
    'retention.mss',
    /did you mean retention\.ms\?.*known: retention\.ms,/,
  ],
  [{ 'flush.messages': '1' }, 'flush.messages', /there is no setting "flush.messages" \(known/],
  [JSON.parse('{"__proto__":"1"}'), '__proto__', /there is no setting/],
  [{ 'cleanup.policy': '__proto__' }, 'cleanup.policy', /not "__proto__"/],
])('%j is refused', (set, setting, message) => {
  const outcome = changeConfigs({}, { set: { 'retention.bytes': '1', ...set } });
  expect(outcome).toEqual({ kind: 'invalid', setting, message: expect.stringMatching(message) });
});

test('what is not there cannot be removed, nor what is set at once', () => {
  expect(changeConfigs({}, { remove: ['retention'] })).toMatchObject({ setting: 'retention' });
  const both = { set: { 'retention.ms': '1' }, remove: ['retention.ms'] };
  expect(changeConfigs({}, both)).toMatchObject({ kind: 'invalid', setting: 'retention.ms' });
});

test('any accepted value is read back as it was written', () => {
  const property = fc.property(
    fc.constantFrom(...Object.values(topicSettings)),
    fc.oneof(fc.string(), fc.maxSafeInteger().map(String), fc.constantFrom('auto', 'delete')),
    ({ name }, text) => {
      const first = changeConfigs({}, { set: { [name]: text } });
      if (first.kind === 'invalid') return;
      expect(changeConfigs({}, { set: first.configs })).toEqual(first);
      const shown = describeConfigs(first.configs).find((one) => one.name === name);
      expect(shown).toMatchObject({ source: 'topic', value: first.configs[name] });
    },
  );
  fc.assert(property, { numRuns: 500 });
});

test('defaults are allowed values', () => {
  for (const setting of Object.values(topicSettings)) {
    expect(changeConfigs({}, { set: { [setting.name]: setting.default } }).kind).toBe('changed');
    expect(allowedValues(setting)).not.toBe('');
  }
});
