/** docs/sdk.md: its examples are compiled against the types of the package as it is published. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');

/** As much of the package as the example uses: it is the reader's dependency and not ours. */
const openTelemetry = `
  type Span = { end(): void };
  type Context = { readonly context: unique symbol };
  type Attributes = Record<string, string>;
  export const context: { active(): Context };
  export const propagation: {
    inject(context: Context, carrier: Record<string, string>): void;
    extract(context: Context, carrier: Record<string, string>): Context;
  };
  export const trace: {
    getTracer(name: string): {
      startActiveSpan<T>(name: string, options: object, context: Context, work: (span: Span) => T): T;
    };
  };
  type Instrument = { record(value: number, attributes?: Attributes): void };
  export const metrics: {
    getMeter(name: string): {
      createHistogram(name: string, options?: { unit?: string }): Instrument;
      createGauge(name: string): Instrument;
    };
  };
`;

test('every example compiles', () => {
  const page = readFileSync(path.join(root, 'docs/sdk.md'), 'utf8');
  const examples = [...page.matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) => code);
  expect(examples.length).toBeGreaterThan(5);
  const user = mkdtempSync(path.join(tmpdir(), 'logbrook-examples-'));
  try {
    const telemetry = path.join(user, 'node_modules/@opentelemetry/api');
    mkdirSync(telemetry, { recursive: true });
    symlinkSync(root, path.join(user, 'node_modules/logbrook'));
    writeFileSync(
      path.join(telemetry, 'package.json'),
      '{"name":"@opentelemetry/api","types":"api.d.ts"}',
    );
    writeFileSync(path.join(telemetry, 'api.d.ts'), openTelemetry);
    writeFileSync(path.join(user, 'package.json'), '{"type":"module"}');
    const files = examples.map((code, i) => {
      const name = `example-${i}.ts`;
      writeFileSync(path.join(user, name), code);
      return name;
    });
    const lib = ['--lib', 'es2022,esnext.disposable,dom,dom.iterable'];
    const options = ['--noEmit', '--strict', '--target', 'es2022', '--module', 'nodenext', ...lib];
    const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
    const compiled = () =>
      execFileSync(process.execPath, [tsc, ...options, ...files], {
        cwd: user,
        encoding: 'utf8',
        stdio: 'pipe',
      });
    try {
      expect(compiled()).toBe('');
    } catch (error) {
      throw new Error((error as { stdout?: string }).stdout ?? String(error), { cause: error });
    }
  } finally {
    rmSync(user, { recursive: true, force: true });
  }
}, 120_000);
