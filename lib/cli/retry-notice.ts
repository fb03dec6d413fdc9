/**
 * Tells once per outage that the server does not answer and that we go on trying.
 */

import type { LogbrookError } from '../client/logbrook-error.js';
import { patientRetry } from '../client/retry.js';

export type RetryNotice = {
  onRetry(error: LogbrookError): void;
  /** It works again: the next failure is news. */
  recovered(): void;
};

export function createRetryNotice(note: (text: string) => void): RetryNotice {
  let told = false;
  const minutes = patientRetry.giveUpAfterMs / 60_000;
  return {
    onRetry(error) {
      if (told) return;
      told = true;
      note(`${error.message} Trying again for up to ${minutes} minutes.`);
    },
    recovered() {
      told = false;
    },
  };
}
