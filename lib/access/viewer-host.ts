/**
 * The name by which a caller knows this server, where something of ours stands in between that must call
 * it by another: it tells the name in one header and proves itself in the other. Without the proof the
 * name is nobody's word and is not looked at. See docs/decisions/0013.
 */

import { type Hashing, utf8 } from './hashing.js';

export const viewerHostHeader = 'x-logbrook-viewer-host';
export const edgeSecretHeader = 'x-logbrook-edge-secret';

/** Undefined: nothing that can be believed was told. */
export type ViewerHostOf = (headers: Headers) => string | undefined;

export function viewerHosts(edgeSecret: string | undefined, hashing: Hashing): ViewerHostOf {
  if (edgeSecret === undefined) return () => undefined;
  const wanted = hashing.sha256(utf8(edgeSecret));
  return (headers) => {
    const host = headers.get(viewerHostHeader);
    const proof = headers.get(edgeSecretHeader);
    if (host === null || proof === null || !isAuthority(host)) return undefined;
    // By their hashes: neither length nor content shows in the time it takes.
    return hashing.equal(hashing.sha256(utf8(proof)), wanted) ? host : undefined;
  };
}

function isAuthority(text: string): boolean {
  return /^(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/.test(text);
}
