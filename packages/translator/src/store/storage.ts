/** A storage whose failures are reported rather than thrown. */
import type { StoragePort } from "./storage-port.ts";
import type { StoreEvent } from "./translations.ts";

type Operation = Extract<StoreEvent, { kind: "failed" }>["operation"];

/** Operations that give undefined, or false, if the storage fails. */
export class QuietStorage {
  readonly #port: StoragePort;
  readonly #observe: (event: StoreEvent) => void;

  constructor(port: StoragePort, observe: (event: StoreEvent) => void) {
    this.#port = port;
    this.#observe = observe;
  }

  async keys(base: string): Promise<readonly string[]> {
    return (await this.attempt("list", () => this.#port.getKeys(base))) ?? [];
  }

  /** A value; undefined also if there is none. */
  read(key: string): Promise<Uint8Array | undefined> {
    return this.attempt("read", async () => {
      const value = await this.#port.getItemRaw(key);
      if (value === null || value === undefined) return undefined;
      if (value instanceof Uint8Array) return value;
      if (value instanceof ArrayBuffer) return new Uint8Array(value);
      // Some drivers resolve to what they should have thrown.
      throw value instanceof Error ? value : new TypeError(`${key} is no value of bytes`);
    });
  }

  write(key: string, value: Uint8Array): Promise<boolean> {
    return this.#succeeds("write", () => this.#port.setItemRaw(key, value));
  }

  remove(key: string): Promise<boolean> {
    return this.#succeeds("remove", () => this.#port.removeItem(key));
  }

  /** What an operation resolves to, or undefined if it fails. */
  async attempt<T>(operation: Operation, act: () => Promise<T>): Promise<T | undefined> {
    try {
      return await act();
    } catch (error) {
      this.#observe({ kind: "failed", operation, error });
      return undefined;
    }
  }

  async #succeeds(operation: Operation, act: () => Promise<void>): Promise<boolean> {
    const done = await this.attempt(operation, async () => {
      await act();
      return true;
    });
    return done === true;
  }
}
