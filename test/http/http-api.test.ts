/**
 * Runs the suite of the HTTP API on the app in process and on a real server, which between them cover
 * lib/http/topic-routes.js, lib/http/group-routes.js, lib/http/json-body.js, lib/http/append-routes.js,
 * lib/http/receive-records.js, fetch-routes.js, follow.js and docs-routes.js.
 */

import { inProcessApi, localServerApi, remoteApi } from './apis.js';
import { httpApiSuite } from './http-api.suite.js';

httpApiSuite('in process', () => inProcessApi());
httpApiSuite('over a socket, on the local store', () => localServerApi());

const url = process.env.LOGBROOK_TEST_URL;
if (url) httpApiSuite(`at ${url}`, () => remoteApi(url.replace(/\/$/, '')));
