/**
 * A child server listens on a free port and says which on its first line.
 */

import type { Server } from 'node:net';

export function tellPort(server: Server): void {
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    if (address && typeof address === 'object') process.stdout.write(`${address.port}\n`);
  });
}
