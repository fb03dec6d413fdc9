/**
 * Settings of topics on the wire. The schemas are made of the list of settings, so that the API's
 * description names each with its limits; what a value may be is judged there too.
 */

import * as z from 'zod';
import { type TopicSetting, topicSettings } from '../log/topic-settings.js';

function schemaOf(setting: TopicSetting<unknown>, nullable: boolean) {
  const { name, documentation, choices, range } = setting;
  const anyOf = [
    ...(choices ? [{ type: 'string', enum: Object.keys(choices) }] : []),
    ...(range
      ? [{ type: range.fraction ? 'number' : 'integer', minimum: range.min, maximum: range.max }]
      : []),
    ...(nullable ? [{ type: 'null' }] : []),
  ];
  return [name, { description: `${documentation} Default: ${setting.default}.`, anyOf }] as const;
}

/** Not a z.record: that loses a setting named `__proto__` without a word. */
function configsInput<V>(nullable: boolean, description: string): z.ZodType<Record<string, V>> {
  const properties = Object.values(topicSettings).map((one) => schemaOf(one, nullable));
  const wanted = nullable ? 'a string, a number or null' : 'a string or a number';
  return z
    .unknown()
    .transform((input, context) => {
      if (typeof input !== 'object' || input === null || Array.isArray(input)) {
        context.issues.push({ code: 'custom', message: 'must be an object', input });
        return z.NEVER;
      }
      const entries = Object.entries(input);
      const fits = (value: unknown) =>
        ['string', 'number'].includes(typeof value) || (nullable && value === null);
      const unfit = entries.filter(([, value]) => !fits(value));
      for (const [name, value] of unfit) {
        const message = `must be ${wanted}`;
        context.issues.push({ code: 'custom', message, input: value, path: [name] });
      }
      // Of what does not fit, some cannot even be made a text.
      if (unfit.length > 0) return z.NEVER;
      return Object.fromEntries(entries.map(([name, value]) => [name, textOf(value)]));
    })
    .meta({
      description,
      type: 'object',
      properties: Object.fromEntries(properties),
      additionalProperties: false,
    } as Record<string, unknown>) as unknown as z.ZodType<Record<string, V>>;
}

const textOf = (value: unknown) => (value === null ? null : String(value));

/** As they go on the wire. */
export type ConfigChanges = Readonly<Record<string, string | number | null>>;

export const topicConfigsInput = configsInput<string>(
  false,
  'Settings that differ from the defaults.',
);

export const alterTopicRequest = z
  .strictObject({
    configs: configsInput<string | null>(
      true,
      'Settings to change; null goes back to the default. What is not named stays.',
    ),
  })
  .meta({ id: 'AlterTopicRequest' });

export const topicConfig = z
  .object({
    name: z.string(),
    value: z.string(),
    default: z.string(),
    source: z.enum(['default', 'topic']).meta({ description: '`topic`: set for this topic.' }),
    documentation: z.string(),
  })
  .meta({ id: 'TopicConfig' });
export type TopicConfig = z.infer<typeof topicConfig>;

export const topicConfigList = z
  .object({
    topic: z.string(),
    configs: z.array(topicConfig).meta({ description: 'Every setting there is.' }),
  })
  .meta({ id: 'TopicConfigList' });
export type TopicConfigList = z.infer<typeof topicConfigList>;
