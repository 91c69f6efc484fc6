/** All that can be observed of an engine between two runs. */
import type { Engine, StateLayout } from "@isovm/isa-spec";

/** Registers and counters of an engine at one moment. */
export interface Snapshot {
  readonly pc: bigint;
  readonly retired: bigint;
  readonly reservation: bigint | undefined;
  /** The registers' bytes; those without meaning are zero. */
  readonly registers: Uint8Array;
}

/** Takes a snapshot; `retiredBefore` is what the engine had retired when the test began. */
export function snapshotOf(engine: Engine, layout: StateLayout, retiredBefore: bigint): Snapshot {
  const { state } = engine;
  const registers = state.save();
  const clear = (offset: number, length: number): void => {
    registers.fill(0, offset, offset + length);
  };
  clear(layout.reservationOffset, 12);
  let end = layout.reservationOffset + 12;
  for (const { offset, definition, strideBytes, sinkOffset } of layout.files.values()) {
    clear(end, offset - end);
    if (definition.zero !== undefined) clear(offset + definition.zero * strideBytes, strideBytes);
    if (sinkOffset !== undefined) clear(sinkOffset, strideBytes);
    end = offset + definition.count * strideBytes;
  }
  clear(end, registers.length - end);
  return {
    pc: state.pc,
    retired: engine.retired - retiredBefore,
    reservation: state.reservation,
    registers,
  };
}

/** A register in which two snapshots differ. */
export interface RegisterDifference {
  readonly name: string;
  readonly values: readonly [bigint, bigint];
}

/** The first thing in which two snapshots differ, or undefined. */
export function firstDifference(
  layout: StateLayout,
  a: Snapshot,
  b: Snapshot,
): RegisterDifference | undefined {
  if (a.pc !== b.pc) return { name: "pc", values: [a.pc, b.pc] };
  for (let index = 0; index < a.registers.length; index += 1) {
    if (a.registers[index] !== b.registers[index]) return registerAt(layout, index, a, b);
  }
  if (a.retired !== b.retired) return { name: "retired", values: [a.retired, b.retired] };
  if (a.reservation !== b.reservation) {
    return { name: "reservation", values: [a.reservation ?? -1n, b.reservation ?? -1n] };
  }
  return undefined;
}

function registerAt(
  layout: StateLayout,
  index: number,
  a: Snapshot,
  b: Snapshot,
): RegisterDifference {
  for (const { offset, definition, strideBytes } of layout.files.values()) {
    const register = Math.floor((index - offset) / strideBytes);
    if (register < 0 || register >= definition.count) continue;
    const value = ({ registers }: Snapshot): bigint => {
      const at = offset + register * strideBytes;
      const bytes = [...registers.subarray(at, at + strideBytes)].reverse();
      return bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
    };
    const number = definition.count === 1 ? "" : `${register}`;
    const alias = definition.names?.[register];
    const name = `${definition.name}${number}${alias === undefined ? "" : ` (${alias})`}`;
    return { name, values: [value(a), value(b)] };
  }
  return { name: `byte ${index} of the state`, values: [0n, 0n] };
}
