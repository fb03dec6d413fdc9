/**
 * The HTTP API v1: `(Request) => Response`, behind the check of who calls. The same app serves Node, Lambda and the tests; it knows
 * neither of them.
 */

import { Hono } from 'hono';
import { createAuditLog } from '../broker/audit-log.js';
import { appendRoutes } from './append-routes.js';
import { docsRoutes } from './docs-routes.js';
import { failedRequest } from './failed-request.js';
import { fetchRoutes } from './fetch-routes.js';
import { groupRoutes } from './group-routes.js';
import { createGuard, type Handler, readGuardedBody } from './guard.js';
import type { HttpDeps } from './http-deps.js';
import { jobRoutes } from './job-routes.js';
import { keyRoutes } from './key-routes.js';
import { problemOf, problemResponse, RequestError } from './problem.js';
import { topicChangeRoutes } from './topic-change-routes.js';
import { topicRoutes } from './topic-routes.js';

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

export type App = {
  readonly fetch: Handler;
  /** For tests: a path instead of a URL. */
  readonly request: (path: string, init?: RequestInit) => Response | Promise<Response>;
  readonly routes: Hono['routes'];
};

export function createApp(plainDeps: HttpDeps): App {
  const deps = { ...plainDeps, readBody: readGuardedBody(plainDeps) };
  const routes = createRoutes(deps);
  const { access, readBody, world } = plainDeps;
  const audit = createAuditLog(deps.broker, deps.codecs, world);
  const guard = createGuard({ access, audit, readBody, log: world.log }, (request, env) =>
    routes.fetch(request, env as object),
  );
  return {
    fetch: guard,
    request: (path, init) => guard(new Request(`http://localhost${path}`, init), {}),
    routes: routes.routes,
  };
}

function createRoutes(deps: HttpDeps): Hono {
  const app = new Hono();
  app.get('/healthz', (c) => c.json({ status: 'ok' }));
  topicRoutes(app, deps);
  topicChangeRoutes(app, deps);
  appendRoutes(app, deps);
  fetchRoutes(app, deps);
  groupRoutes(app, deps);
  keyRoutes(app, deps);
  jobRoutes(app, deps);
  docsRoutes(app, deps);
  app.notFound((c) => {
    const allowed = methods.filter((method) => app.router.match(method, c.req.path)[0].length > 0);
    if (allowed.length > 0) {
      const problem = problemOf(
        new RequestError(405, `${c.req.path} takes ${allowed.join(', ')}.`),
      );
      return problemResponse(problem, { allow: allowed.join(', ') });
    }
    const message = `There is no ${c.req.method} ${c.req.path}; see /docs or /openapi.json.`;
    return problemResponse(problemOf(new RequestError(404, message)));
  });
  app.onError((error, c) => {
    const { method, path } = c.req;
    return problemResponse(failedRequest(deps.world.log, { method, path }, error));
  });
  return app;
}
