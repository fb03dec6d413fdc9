/**
 * Whether a request to a server without keys comes from this machine's own programs and pages. A page
 * from elsewhere may make a browser send requests here (CSRF), or may have its name resolve to here
 * (DNS rebinding): the first shows in Origin, the second in Host.
 */

export type Provenance = {
  readonly host: string | null;
  readonly origin: string | null;
  readonly fetchSite: string | null;
};

/** Says what is wrong, or nothing. */
export function foreignProblem({ host, origin, fetchSite }: Provenance): string | undefined {
  if (host === null || !isLoopbackName(nameOf(host))) {
    return 'This server has no access keys, so it answers only to localhost, 127.0.0.1 and [::1].';
  }
  return crossOriginProblem({ host, origin, fetchSite });
}

/** A browser says where the page is from; other programs say nothing. */
export function crossOriginProblem({ host, origin, fetchSite }: Provenance): string | undefined {
  const isOther = origin !== null && origin.replace(/^https?:\/\//i, '') !== host;
  const isCross = fetchSite !== null && !['same-origin', 'none'].includes(fetchSite);
  if (!isOther && !isCross) return undefined;
  return 'A page of another origin may not use this server; a page sends a token as Bearer.';
}

export function isLoopbackName(name: string): boolean {
  const lower = name.toLowerCase().replace(/\.$/, '');
  return (
    lower === 'localhost' ||
    lower.endsWith('.localhost') ||
    lower === '[::1]' ||
    lower === '::1' ||
    /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(lower)
  );
}

function nameOf(host: string): string {
  return host.replace(/:\d+$/, '');
}
