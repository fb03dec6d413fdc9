/**
 * Checks a value against those keywords of JSON Schema that our OpenAPI document uses. A keyword that it
 * does not know is an error, so that nothing passes unchecked.
 */

export type Schema = Readonly<Record<string, unknown>>;
export type Resolve = (ref: string) => Schema;

const notes = ['description', 'example', 'default', 'format', 'title'];

type Check = (value: unknown, rule: unknown, schema: Schema, resolve: Resolve) => string[];

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const types: Readonly<Record<string, (value: unknown) => boolean>> = {
  object: isObject,
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  integer: Number.isInteger,
  null: (value) => value === null,
};

const complain = (holds: boolean, message: string): string[] => (holds ? [] : [message]);

const checks: Readonly<Record<string, Check>> = {
  $ref: (value, rule, _schema, resolve) => schemaComplaints(value, resolve(String(rule)), resolve),
  type: (value, rule) =>
    complain(
      [rule].flat().some((name) => types[String(name)]?.(value)),
      `is no ${rule}: ${JSON.stringify(value)}`,
    ),
  enum: (value, rule) =>
    complain((rule as unknown[]).includes(value), `${value} is not in ${rule}`),
  const: (value, rule) => complain(value === rule, `${value} is not ${rule}`),
  minimum: (value, rule) => complain((value as number) >= (rule as number), `is under ${rule}`),
  maximum: (value, rule) => complain((value as number) <= (rule as number), `is over ${rule}`),
  minLength: (value, rule) => complain(String(value).length >= (rule as number), 'is too short'),
  maxLength: (value, rule) => complain(String(value).length <= (rule as number), 'is too long'),
  minItems: (value, rule) =>
    complain((value as []).length >= (rule as number), 'has too few items'),
  maxItems: (value, rule) =>
    complain((value as []).length <= (rule as number), 'has too many items'),
  required: (value, rule) =>
    (rule as string[]).filter((name) => !isObject(value) || !(name in value)).map((n) => `no ${n}`),
  properties: (value, rule, _schema, resolve) =>
    Object.entries(rule as Record<string, Schema>).flatMap(([name, schema]) => {
      const inner = isObject(value) ? value[name] : undefined;
      return inner === undefined ? [] : within(name, schemaComplaints(inner, schema, resolve));
    }),
  additionalProperties: (value, rule, schema) => {
    const known = Object.keys((schema.properties as object | undefined) ?? {});
    const others = Object.keys(value as object).filter((name) => !known.includes(name));
    return complain(rule !== false || others.length === 0, `does not know ${others}`);
  },
  propertyNames: () => [],
  items: (value, rule, schema, resolve) => {
    if (rule === false) return [];
    const from = (schema.prefixItems as unknown[] | undefined)?.length ?? 0;
    const rest = (value as unknown[]).slice(from);
    return rest.flatMap((one, i) => within(i, schemaComplaints(one, rule as Schema, resolve)));
  },
  prefixItems: (value, rule, _schema, resolve) =>
    (rule as Schema[]).flatMap((schema, i) =>
      within(i, schemaComplaints((value as unknown[])[i], schema, resolve)),
    ),
  anyOf: (value, rule, _schema, resolve) => {
    const all = (rule as Schema[]).map((schema) => schemaComplaints(value, schema, resolve));
    return all.some((found) => found.length === 0) ? [] : all.flat();
  },
};

function within(place: string | number, complaints: readonly string[]): string[] {
  return complaints.map((complaint) => `${place}: ${complaint}`);
}

export function schemaComplaints(value: unknown, schema: Schema, resolve: Resolve): string[] {
  const typed = schema.type === undefined ? [] : checks.type?.(value, schema.type, schema, resolve);
  if (typed && typed.length > 0) return typed;
  return Object.entries(schema).flatMap(([keyword, rule]) => {
    if (notes.includes(keyword)) return [];
    const check = checks[keyword];
    return check ? check(value, rule, schema, resolve) : [`unknown keyword ${keyword}`];
  });
}
