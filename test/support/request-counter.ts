/**
 * Counts the requests that SDK clients send, retries included, by command.
 */

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { S3Client } from '@aws-sdk/client-s3';

export type RequestCounter = {
  readonly counts: ReadonlyMap<string, number>;
  of(...commands: readonly string[]): number;
  reset(): void;
};

export function countRequests(...clients: readonly (DynamoDBClient | S3Client)[]): RequestCounter {
  const counts = new Map<string, number>();
  for (const client of clients) {
    // After the retry step, so that every attempt passes here.
    (client as S3Client).middlewareStack.add(
      (next, context) => async (args) => {
        const name = (context.commandName ?? '?').replace(/Command$/, '');
        counts.set(name, (counts.get(name) ?? 0) + 1);
        return next(args);
      },
      { step: 'deserialize', name: 'countRequests', priority: 'low' },
    );
  }
  return {
    counts,
    of: (...commands) => commands.reduce((sum, name) => sum + (counts.get(name) ?? 0), 0),
    reset: () => counts.clear(),
  };
}
