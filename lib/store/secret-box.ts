/**
 * Port: seals secrets before they are stored. What was sealed for one context opens for no other.
 */

export type SecretBox = {
  seal(text: string, context: string): Promise<string>;
  /** Throws for what was altered, or sealed elsewhere. */
  open(sealed: string, context: string): Promise<string>;
};

/** A cipher for whoever has the key at hand. */
export type Cipher = {
  readonly keyBytes: number;
  seal(key: Uint8Array, text: string, context: string): string;
  open(key: Uint8Array, sealed: string, context: string): string;
};
