/**
 * Watchpoints: whoever runs a guest with some of them looks after each instruction whether what they
 * watch has changed, whatever has changed it.
 */
import type { DebugTarget } from "./debug-target.ts";

/** Memory that is watched, by the addresses of a thread. */
export interface Watchpoint {
  readonly thread: number;
  readonly address: bigint;
  readonly length: number;
}

/** The watchpoints of a guest. */
export class Watchpoints {
  readonly #target: Pick<DebugTarget, "readMemory">;
  /** What was there when they were looked at last. */
  readonly #seen = new Map<string, { readonly point: Watchpoint; bytes: Uint8Array }>();

  constructor(target: Pick<DebugTarget, "readMemory">) {
    this.#target = target;
  }

  /** How many there are. */
  get size(): number {
    return this.#seen.size;
  }

  add(point: Watchpoint): void {
    this.#seen.set(keyOf(point), { point, bytes: this.#read(point) });
  }

  remove(point: Pick<Watchpoint, "address" | "length">): void {
    this.#seen.delete(keyOf(point));
  }

  clear(): void {
    this.#seen.clear();
  }

  /** One that has changed since the last call, or since it was added; undefined if none has. */
  changed(): Watchpoint | undefined {
    let changed: Watchpoint | undefined;
    for (const seen of this.#seen.values()) {
      const bytes = this.#read(seen.point);
      const isSame =
        bytes.length === seen.bytes.length &&
        bytes.every((byte, index) => byte === seen.bytes[index]);
      if (isSame) continue;
      seen.bytes = bytes;
      changed ??= seen.point;
    }
    return changed;
  }

  #read({ thread, address, length }: Watchpoint): Uint8Array {
    return this.#target.readMemory(thread, address, length);
  }
}

function keyOf({ address, length }: Pick<Watchpoint, "address" | "length">): string {
  return `${address} ${length}`;
}
