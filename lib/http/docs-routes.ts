/**
 * The face explains itself: /openapi.json, and a page at /docs that shows it with nothing from elsewhere.
 */

import type { Hono } from 'hono';
import type { HttpDeps } from './http-deps.js';
import { openApiDocument } from './openapi.js';
import { RequestError } from './problem.js';

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Logbrook HTTP API</title>
<link rel="icon" href="data:,">
<script type="module" src="/docs/openapi-explorer.min.js"></script>
</head>
<body>
<openapi-explorer spec-url="/openapi.json" hide-authentication hide-server-selection></openapi-explorer>
</body>
</html>
`;

/** The explorer styles itself inline; scripts come from here alone. */
const contentSecurityPolicy =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:";

export function docsRoutes(app: Hono, deps: HttpDeps): void {
  let document: string | undefined;
  app.get('/openapi.json', (c) => {
    document ??= JSON.stringify(openApiDocument());
    return c.body(document, 200, { 'content-type': 'application/json' });
  });
  app.get('/docs', (c) => c.html(page, 200, { 'content-security-policy': contentSecurityPolicy }));
  app.get('/docs/openapi-explorer.min.js', async () => {
    const script = await deps.docsScript();
    if (!script) throw new RequestError(404, 'The documentation page is not shipped here.');
    return new Response(script as Uint8Array<ArrayBuffer>, {
      headers: { 'content-type': 'text/javascript', 'cache-control': 'public, max-age=86400' },
    });
  });
}
