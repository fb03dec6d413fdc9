/**
 * The API explains itself (lib/http/docs-routes.js): the document is there, the page shows it, and neither needs anything from
 * elsewhere.
 */

import { describe, expect, test } from 'vitest';
import { type ApiOf, answerOf } from './api-client.js';

export function docsCases(api: ApiOf): void {
  describe('the documentation', () => {
    test('a server that answers is healthy', async () => {
      expect(await answerOf(await api().fetch('/healthz'))).toEqual({ status: 'ok' });
    });

    test('/openapi.json is an OpenAPI 3.1 document', async () => {
      const document = await answerOf<{ openapi: string; paths: object }>(
        await api().fetch('/openapi.json'),
      );
      expect(document.openapi).toMatch(/^3\.1\./);
      expect(Object.keys(document.paths)).toContain('/v1/topics/{topic}/records');
    });

    test('/docs shows it with scripts of its own, and lets in no others', async () => {
      const response = await api().fetch('/docs');
      expect(response.headers.get('content-type')).toMatch(/^text\/html/);
      expect(response.headers.get('content-security-policy')).toMatch(/default-src 'self'/);
      const page = await response.text();
      expect(page).not.toMatch(/(https?:)?\/\/[a-z0-9]/i);
      expect(page).toContain('spec-url="/openapi.json"');
      const scripts = [...page.matchAll(/<script[^>]*src="([^"]+)"/g)].map(([, src]) => src ?? '');
      expect(scripts).toHaveLength(1);
      for (const src of scripts) {
        const script = await api().fetch(src);
        expect(script.status).toBe(200);
        expect(script.headers.get('content-type')).toMatch(/^text\/javascript/);
        expect((await script.text()).length).toBeGreaterThan(0);
      }
    });
  });
}
