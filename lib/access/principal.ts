/**
 * Who calls, once that is proven, and what they may do: a key, or a token that narrows one.
 */

import type { KeyLimits } from './access-key.js';
import {
  everything,
  type Operation,
  permits,
  permitsPattern,
  type Resource,
  type Scope,
} from './scopes.js';

export type Principal = {
  readonly keyId: string;
  readonly name: string;
  /** Each of these must allow what is asked: the key's scopes, and a token's. */
  readonly bounds: readonly (readonly Scope[])[];
  readonly limits: KeyLimits;
  /** How it was proven. A token makes no tokens. */
  readonly by: 'nothing' | 'secret' | 'signature' | 'token';
  /** When a token ends. */
  readonly untilMs: number | undefined;
};

/** Everybody, on a server that only its own machine can reach. */
export const localPrincipal: Principal = {
  keyId: 'local',
  name: 'local',
  bounds: [everything],
  limits: {},
  by: 'nothing',
  untilMs: undefined,
};

export function allows({ bounds }: Principal, operation: Operation, resource: Resource): boolean {
  return bounds.every((scopes) => permits(scopes, operation, resource));
}

export function allowsPattern({ bounds }: Principal, pattern: string): boolean {
  return bounds.every((scopes) => permitsPattern(scopes, pattern));
}
