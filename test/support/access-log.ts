/**
 * Lines like those of a web server's access log: quotes, long agents, repeated clients, and now and then
 * what real logs hold too (tabs, backslashes, other alphabets, carriage returns, empty fields).
 */

const agents = [
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9_1) AppleWebKit/537.36 (KHTML, like Gecko)',
  'UniversalFeedParser/4.2-pre-314-svn +http://feedparser.org/',
  'Googlebot/2.1 (+http://www.google.com/bot.html)',
  '-',
  'ein Bröwser \\ 浏览器 🦉\t',
];

/** Always the same lines for the same number. */
export function accessLog(lineCount: number): string[] {
  let state = 7;
  const next = (bound: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state % bound;
  };
  return Array.from({ length: lineCount }, (_, i) => {
    const client = `${10 + next(90)}.${next(4)}.0.${next(250)}`;
    const second = String(i % 60).padStart(2, '0');
    const agent = agents[next(agents.length)];
    const path = `/blog/${next(500)}?tag="${next(9)}"`;
    const end = next(50) === 0 ? '\r' : '';
    const request = `"GET ${path} HTTP/1.1" ${200 + next(300)} ${next(100_000)}`;
    return `${client} - - [17/May/2015:10:05:${second} +0000] ${request} "-" "${agent}"${end}`;
  });
}
