/** Registers by name over the bytes of a {@link StateLayout}. */
import type { ArchitecturalState } from "./engine.ts";
import { IsovmError } from "./errors.ts";
import type { FileLayout, StateLayout } from "./layout.ts";

/** A register that the ISA doesn't have was named. */
export class RegisterError extends IsovmError<{ file: string; register: number }> {}

/**
 * The architectural state of one hart, stored in a block of bytes that may be an engine's own.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { layoutState, StateBlock } from "@isovm/isa-spec";
 *
 * const layout = layoutState([{ name: "x", count: 32, width: 64, zero: 0 }]);
 * const state = new StateBlock(layout, () => new ArrayBuffer(0x1000), 0);
 * state.write("x", 0, 7n);
 * assert.equal(state.read("x", 0), 0n);
 * ```
 */
export class StateBlock implements ArchitecturalState {
  readonly layout: StateLayout;
  private readonly buffer: () => ArrayBufferLike;
  private readonly base: number;
  private bytes: Uint8Array;
  private cached: DataView;

  /**
   * The block begins at byte `base` of `buffer()`, which may be replaced when memory grows; the one
   * before is detached then.
   */
  constructor(layout: StateLayout, buffer: () => ArrayBufferLike, base: number) {
    this.layout = layout;
    this.buffer = buffer;
    this.base = base;
    this.bytes = new Uint8Array(buffer(), base, layout.sizeBytes);
    this.cached = new DataView(buffer(), base, layout.sizeBytes);
  }

  get pc(): bigint {
    return this.view().getBigUint64(this.layout.pcOffset, true);
  }
  set pc(value: bigint) {
    this.view().setBigUint64(this.layout.pcOffset, value, true);
  }

  read(file: string, register = 0): bigint {
    const place = this.place(file, register);
    const { width, zero } = place.definition;
    if (zero === register) return 0n;
    const offset = place.offset + register * place.strideBytes;
    const view = this.view();
    if (place.strideBytes === 4) return BigInt(view.getUint32(offset, true));
    if (place.strideBytes === 8) return BigInt.asUintN(width, view.getBigUint64(offset, true));
    let value = 0n;
    for (let byte = place.strideBytes - 8; byte >= 0; byte -= 8) {
      value = (value << 64n) | view.getBigUint64(offset + byte, true);
    }
    return BigInt.asUintN(width, value);
  }

  write(file: string, register: number, value: bigint): void {
    const place = this.place(file, register);
    const { width, zero } = place.definition;
    if (zero === register) return;
    const offset = place.offset + register * place.strideBytes;
    const view = this.view();
    let rest = BigInt.asUintN(width, value);
    if (place.strideBytes === 4) {
      view.setUint32(offset, Number(rest), true);
      return;
    }
    for (let byte = 0; byte < place.strideBytes; byte += 8) {
      view.setBigUint64(offset + byte, BigInt.asUintN(64, rest), true);
      rest >>= 64n;
    }
  }

  /** The address that the hart has reserved by a load-reserved, if the reservation still holds. */
  get reservation(): bigint | undefined {
    const { reservationOffset } = this.layout;
    if (this.view().getUint32(reservationOffset + 8, true) === 0) return undefined;
    return this.view().getBigUint64(reservationOffset, true);
  }
  set reservation(address: bigint | undefined) {
    const { reservationOffset } = this.layout;
    this.view().setUint32(reservationOffset + 8, address === undefined ? 0 : 1, true);
    if (address !== undefined) this.view().setBigUint64(reservationOffset, address, true);
  }

  save(): Uint8Array {
    const { files, reservationOffset, sizeBytes } = this.layout;
    const saved = new Uint8Array(this.buffer(), this.base, sizeBytes).slice();
    // What engines leave where nobody reads it would make equal states look different.
    for (const { sinkOffset, strideBytes } of files.values()) {
      if (sinkOffset !== undefined) saved.fill(0, sinkOffset, sinkOffset + strideBytes);
    }
    if (saved[reservationOffset + 8] === 0) saved.fill(0, reservationOffset, reservationOffset + 8);
    return saved;
  }

  load(saved: Uint8Array): void {
    if (saved.length !== this.layout.sizeBytes) {
      throw new RegisterError(
        `a saved state of ${saved.length} bytes is not of this ISA, whose state has ${this.layout.sizeBytes}`,
        { file: "", register: 0 },
      );
    }
    new Uint8Array(this.buffer(), this.base, this.layout.sizeBytes).set(saved);
  }

  private place(file: string, register: number): FileLayout {
    const place = this.layout.files.get(file);
    if (!place || register < 0 || register >= place.definition.count) {
      throw new RegisterError(`there is no register ${register} of file "${file}"`, {
        file,
        register,
      });
    }
    return place;
  }

  private view(): DataView {
    // A memory that grows takes its views their length; to ask it for its buffer takes much longer.
    if (this.bytes.length === 0) {
      const { base, layout } = this;
      this.bytes = new Uint8Array(this.buffer(), base, layout.sizeBytes);
      this.cached = new DataView(this.buffer(), base, layout.sizeBytes);
    }
    return this.cached;
  }
}
