/** Memory as rows see it. */
import type { AlignmentPolicy, AtomicOperator, MemoryAccess } from "../ir/statement.ts";
import { type Bits, bits, fromExpression } from "./bits.ts";
import { emit, temporary } from "./recorder.ts";

/** Widths that one access can have, in bits. */
export type AccessWidth = 8 | 16 | 32 | 64;

/** Acquire and release bits of an access; both 0 means relaxed. */
export interface AcquireRelease {
  readonly acquire: Bits<1>;
  readonly release: Bits<1>;
}

/** How an ISA's accesses go, unless one says otherwise. */
export interface MemoryOptions<A extends number> {
  readonly addressWidth: A;
  readonly endian: "little" | "big";
  readonly alignment: AlignmentPolicy;
}

/**
 * The accesses of an ISA with addresses of `A` bits.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { bits, Memory, semantics } from "@isovm/isa-spec";
 *
 * const memory = new Memory({ addressWidth: 32, endian: "little", alignment: "any" });
 * const { body } = semantics("example", () => {
 *   memory.store(16, bits(32, 0x1000), bits(16, 0xcafe));
 * });
 * assert.equal(body[0]?.kind, "store");
 * ```
 */
export class Memory<A extends number> {
  readonly options: MemoryOptions<A>;

  constructor(options: MemoryOptions<A>) {
    this.options = options;
  }

  /** The `width` bits at `address`. */
  load<V extends AccessWidth>(width: V, address: Bits<A>, ordering?: AcquireRelease): Bits<V> {
    const result = temporary(width);
    emit({ kind: "load", result, access: this.access(width, address, ordering) });
    return fromExpression(width, { kind: "temporary", ...result });
  }

  /** Stores `value` at `address`. */
  store<V extends AccessWidth>(
    width: V,
    address: Bits<A>,
    value: Bits<NoInfer<V>>,
    ordering?: AcquireRelease,
  ): void {
    emit({
      kind: "store",
      access: this.access(width, address, ordering),
      value: value.expression,
    });
  }

  /** Replaces the value at `address` by `operator(old, value)` in one step and gives the old one. */
  atomic<V extends AccessWidth>(
    operator: AtomicOperator,
    width: V,
    address: Bits<A>,
    value: Bits<NoInfer<V>>,
    ordering?: AcquireRelease,
  ): Bits<V> {
    const result = temporary(width);
    const access = this.access(width, address, ordering, "required");
    emit({ kind: "atomic", result, operator, access, value: value.expression });
    return fromExpression(width, { kind: "temporary", ...result });
  }

  /** Stores `value` if memory holds `expected`, in one step, and gives what it held. */
  compareAndSwap<V extends AccessWidth>(
    width: V,
    address: Bits<A>,
    expected: Bits<NoInfer<V>>,
    value: Bits<NoInfer<V>>,
    ordering?: AcquireRelease,
  ): Bits<V> {
    const result = temporary(width);
    emit({
      kind: "compareAndSwap",
      result,
      access: this.access(width, address, ordering, "required"),
      expected: expected.expression,
      value: value.expression,
    });
    return fromExpression(width, { kind: "temporary", ...result });
  }

  /** Loads and takes the hart's reservation of the address. */
  loadReserved<V extends AccessWidth>(
    width: V,
    address: Bits<A>,
    ordering?: AcquireRelease,
  ): Bits<V> {
    const result = temporary(width);
    const access = this.access(width, address, ordering, "required");
    emit({ kind: "loadReserved", result, access });
    return fromExpression(width, { kind: "temporary", ...result });
  }

  /** Stores if the reservation still holds; 1 for success. The reservation is gone either way. */
  storeConditional<V extends AccessWidth>(
    width: V,
    address: Bits<A>,
    value: Bits<NoInfer<V>>,
    ordering?: AcquireRelease,
  ): Bits<1> {
    const result = temporary(1);
    const access = this.access(width, address, ordering, "required");
    emit({ kind: "storeConditional", result, access, value: value.expression });
    return fromExpression(1, { kind: "temporary", ...result });
  }

  private access(
    width: AccessWidth,
    address: Bits<A>,
    ordering?: AcquireRelease,
    alignment?: AlignmentPolicy,
  ): MemoryAccess {
    return {
      address: address.expression,
      width,
      endian: this.options.endian,
      alignment: alignment ?? this.options.alignment,
      ...(ordering && {
        ordering: {
          acquire: ordering.acquire.expression,
          release: ordering.release.expression,
        },
      }),
    };
  }
}

/** Acquire and release bits known when the row is written. */
export function ordered(acquire: boolean, release: boolean): AcquireRelease {
  return { acquire: bits(1, acquire ? 1 : 0), release: bits(1, release ? 1 : 0) };
}
