/**
 * How all parts of the local store read: only while it is open and the data directory is this process's
 * own; failures of disk and data are thrown as StoreError.
 */

import { StoreError } from '../store-error.js';
import { failureOf } from './io-errors.js';

export type Reading = <T>(read: () => T) => T;

export function createReading(assertOwner: () => void, isClosed: () => boolean): Reading {
  let ownedThisTurn = false;
  /** LMDB answers all reads of one turn of the event loop alike: a second look would see the same. */
  function assertOwnerOncePerTurn(): void {
    if (ownedThisTurn) return;
    assertOwner();
    ownedThisTurn = true;
    setImmediate(() => {
      ownedThisTurn = false;
    });
  }
  return (read) => {
    if (isClosed()) {
      throw new StoreError('the store is closed', { reason: 'unavailable', effect: 'none' });
    }
    try {
      assertOwnerOncePerTurn();
      return read();
    } catch (error) {
      throw failureOf(error, 'cannot read the index');
    }
  };
}
