/** A program in a store: what it is called there, and what its translations are kept with. */
import type { QuietStorage } from "./storage.ts";
import type { StoreEvent } from "./translations.ts";

export interface ProgramPlace {
  /** The program's name in keys. */
  readonly program: string;
  readonly identity: Uint8Array;
  readonly storage: QuietStorage;
  readonly observe: (event: StoreEvent) => void;
  /** Milliseconds of Unix. */
  readonly now: () => number;
  /** Largest sum of a program's images, in bytes. */
  readonly limitBytes: number;
}
