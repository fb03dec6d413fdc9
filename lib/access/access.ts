/**
 * The one check in front of every face: who calls, and may they go on. Fails closed: whatever cannot be
 * proven is refused, and where the keys cannot be read the error goes on to the face.
 */

import { isKeyId, isSecret, validityOf } from './access-key.js';
import { type Credentials, readCredentials } from './credentials.js';
import type { Hashing } from './hashing.js';
import { type FindKey, type KnownKey, rememberKeys } from './key-memory.js';
import { createLimiter } from './limiter.js';
import { crossOriginProblem, foreignProblem } from './local-origin.js';
import { allows, localPrincipal, type Principal } from './principal.js';
import type { Operation, Resource } from './scopes.js';
import { rememberSigningKeys } from './signing-keys.js';
import { isSignatureOf, payloadProblem, readClaims, timeProblem } from './sigv4.js';
import type { SignedRequest } from './sigv4-canonical.js';
import { isSignedBy, readToken } from './token.js';
import { viewerHosts } from './viewer-host.js';

/** `forbidden`: nobody may send this here, whoever they are. */
export type RefusalReason = 'missing' | 'malformed' | 'wrong' | 'expired' | 'skewed' | 'forbidden';

export type Refusal = {
  readonly kind: 'refused';
  readonly reason: RefusalReason;
  /** For the caller; says nothing about which keys there are. */
  readonly message: string;
};

export type Authentication =
  | { readonly kind: 'principal'; readonly principal: Principal }
  | Refusal;

export type Access = {
  /** `body`: its exact bytes; asked for only where they are signed. */
  authenticate(request: Request, body: () => Promise<Uint8Array>): Promise<Authentication>;
  allows(principal: Principal, operation: Operation, resource: Resource): boolean;
  /** Whether what it was admitted by still holds: for whoever is served for longer than a moment. */
  stillHolds(principal: Principal): Promise<boolean>;
  /** Undefined: go on. Else the milliseconds after which the key's limits allow this again. */
  admit(principal: Principal, sizeBytes: number): number | undefined;
  /** Counts bytes that were read for it. */
  charge(principal: Principal, sizeBytes: number): void;
  /** Everybody is let in: a server for its own machine alone. */
  readonly open: boolean;
};

export type AccessDeps = {
  /** Unremembered: this remembers for itself. */
  readonly find: FindKey;
  readonly hashing: Hashing;
  readonly nowMs: () => number;
  /** Other names of this server, which a caller may have signed. */
  readonly authorities?: readonly string[];
  /** What our own edge proves itself by, so that it is believed whom a caller asked. */
  readonly edgeSecret?: string | undefined;
};

const refuse = (reason: RefusalReason, message: string): Refusal => ({
  kind: 'refused',
  reason,
  message,
});

/** The same for every key that does not fit, so that nobody learns which keys there are. */
const wrong = refuse('wrong', 'The access key is not valid.');
const missing = refuse(
  'missing',
  'This server asks for an access key: Authorization: Bearer <key id>.<secret>, Basic, or AWS Signature Version 4.',
);

export function createAccess(deps: AccessDeps): Access {
  const { find, hashing, nowMs, authorities = [], edgeSecret } = deps;
  const viewerHostOf = viewerHosts(edgeSecret, hashing);
  const authorityOf = (request: Request) => viewerHostOf(request.headers) ?? hostOf(request);
  const remembered = rememberKeys(find, nowMs);
  const limiter = createLimiter(nowMs);
  const signingKeyOf = rememberSigningKeys(hashing);

  async function lookUp(keyId: string): Promise<KnownKey | undefined> {
    if (!isKeyId(keyId)) return undefined;
    const key = await remembered(keyId);
    return key && validityOf(key, nowMs()) === 'valid' ? key : undefined;
  }

  async function bySecret(
    request: Request,
    { keyId, secret, basic }: Credentials & { kind: 'key' },
  ): Promise<Authentication> {
    // A browser that has once asked for them sends these with every page's requests.
    const foreign = basic
      ? crossOriginProblem(provenanceOf(request, authorityOf(request)))
      : undefined;
    if (foreign !== undefined) return refuse('forbidden', foreign);
    const key = await lookUp(keyId);
    if (!key || !isSecret(secret, key.secretHash, hashing)) return wrong;
    return { kind: 'principal', principal: principalOf(key, 'secret') };
  }

  async function byToken(token: string): Promise<Authentication> {
    const claims = readToken(token);
    const key = claims && (await lookUp(claims.keyId));
    if (!claims || !key || !isSignedBy(token, key.secret, hashing)) return wrong;
    if (claims.expiresAtMs <= nowMs()) return refuse('expired', 'The token has expired.');
    const principal = principalOf(key, 'token');
    const bounds = [...principal.bounds, claims.scopes];
    const untilMs = claims.expiresAtMs;
    return { kind: 'principal', principal: { ...principal, bounds, untilMs } };
  }

  async function bySignature(
    request: Request,
    body: () => Promise<Uint8Array>,
  ): Promise<Authentication> {
    const signed = signedRequestOf(request, authorityOf(request));
    const read = readClaims(signed);
    if (read.kind === 'problem') return refuse('malformed', read.message);
    const { claims } = read;
    const payload = payloadProblem(signed);
    if (payload !== undefined) return refuse('malformed', payload);
    const late = timeProblem(claims, nowMs());
    if (late !== undefined) return refuse('skewed', late);
    const key = await lookUp(claims.keyId);
    // Only now: nobody without a key makes us read a body.
    if (!key) return wrong;
    const bytes = await body();
    const signing = signingKeyOf(key, claims.scope);
    if (!isSignatureOf(claims, signed, bytes, signing, authorities, hashing)) {
      return refuse('wrong', 'The signature does not match the request, or the key is not valid.');
    }
    return { kind: 'principal', principal: principalOf(key, 'signature') };
  }

  return {
    open: false,
    allows,
    async authenticate(request, body) {
      const credentials = readCredentials(
        request.headers.get('authorization'),
        splitUrl(request.url).query,
      );
      switch (credentials.kind) {
        case 'none':
          return missing;
        case 'malformed':
          return refuse('malformed', credentials.message);
        case 'key':
          return bySecret(request, credentials);
        case 'token':
          return byToken(credentials.token);
        case 'signature':
          return bySignature(request, body);
      }
    },
    async stillHolds({ keyId, untilMs }) {
      if (untilMs !== undefined && untilMs <= nowMs()) return false;
      return (await lookUp(keyId)) !== undefined;
    },
    admit: limiter.admit,
    charge: limiter.charge,
  };
}

/** For a server that only its own machine can reach. Credentials are not looked at: clients may need some. */
export function createOpenAccess(): Access {
  return {
    open: true,
    allows,
    async authenticate(request) {
      const foreign = foreignProblem(provenanceOf(request, hostOf(request)));
      if (foreign !== undefined) return refuse('forbidden', foreign);
      return { kind: 'principal', principal: localPrincipal };
    },
    stillHolds: async () => true,
    admit: () => undefined,
    charge: () => {},
  };
}

function principalOf(key: KnownKey, by: Principal['by']): Principal {
  const { keyId, name, scopes, limits } = key;
  return { keyId, name, bounds: [scopes], limits, by, untilMs: undefined };
}

/** Over HTTP/2 there is no Host: the name is in the URL. */
function hostOf({ headers, url }: Request): string {
  return headers.get('host') ?? splitUrl(url).authority;
}

function provenanceOf({ headers }: Request, host: string) {
  return {
    host,
    origin: headers.get('origin'),
    fetchSite: headers.get('sec-fetch-site'),
  };
}

function signedRequestOf({ method, url, headers }: Request, authority: string): SignedRequest {
  const { path, query } = splitUrl(url);
  return { method, path, query, authority, header: (name) => headers.get(name) ?? undefined };
}

/** By hand: parsing would escape anew what was signed. */
function splitUrl(url: string): { authority: string; path: string; query: string } {
  const [, authority = '', path = '', query = ''] =
    /^[a-z]+:\/\/([^/?#]*)([^?#]*)\??([^#]*)/i.exec(url) ?? [];
  return { authority, path: path === '' ? '/' : path, query };
}
