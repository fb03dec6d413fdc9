/**
 * Between typed keys and values and the bytes of a record. null is a tombstone and stays null.
 */

import { utf8Bytes } from '../log/utf8-bytes.js';

export type Serializer<T> = (value: T) => Uint8Array | null;
export type Deserializer<T> = (bytes: Uint8Array | null) => T;

export type Serde<T> = {
  readonly serialize: Serializer<T>;
  readonly deserialize: Deserializer<T>;
};

/** A byte order mark is a character like others: what comes back is what went in. */
const fromUtf8 = new TextDecoder('utf-8', { ignoreBOM: true });
/** In front of JSON it is not part of it. */
const jsonFromUtf8 = new TextDecoder();

export const bytesSerde: Serde<Uint8Array | null> = {
  serialize: (value) => value,
  deserialize: (bytes) => bytes,
};

export const stringSerde: Serde<string | null> = {
  serialize: (value) => (value === null ? null : utf8Bytes(value)),
  deserialize: (bytes) => (bytes === null ? null : fromUtf8.decode(bytes)),
};

/** Reading throws `SyntaxError` for what is no JSON. */
export function jsonSerde<T>(): Serde<T | null> {
  return {
    serialize: (value) => (value === null ? null : utf8Bytes(JSON.stringify(value))),
    deserialize: (bytes) => (bytes === null ? null : (JSON.parse(jsonFromUtf8.decode(bytes)) as T)),
  };
}
