/** The global `fetch` as far as tests need it, to stand in for it or between it and a server. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;
