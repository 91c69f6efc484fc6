/** Reads and writes registers where a debugger's description says that they are. */
import type { DebuggerPlace, RegisterPlace } from "@isovm/isa-spec";

/** Places that aren't a hart's own. */
export type StatePlace = Exclude<DebuggerPlace, { kind: "hart" }>;

/** Registers of one hart or thread. */
export interface Registers {
  pc: bigint;
  read(file: string, register: number): bigint;
  write(file: string, register: number, value: bigint): void;
}

/** The value of a register, unsigned. */
export function readPlace(registers: Registers, place: StatePlace): bigint {
  if (place.kind === "programCounter") return registers.pc;
  return place.parts.reduceRight(
    (value, { file, register, width }: RegisterPlace) =>
      (value << BigInt(width)) | registers.read(file, register),
    0n,
  );
}

/** Sets a register to the low bits of a value. */
export function writePlace(registers: Registers, place: StatePlace, value: bigint): void {
  if (place.kind === "programCounter") {
    registers.pc = value;
    return;
  }
  let rest = value;
  for (const { file, register, width } of place.parts) {
    registers.write(file, register, BigInt.asUintN(width, rest));
    rest >>= BigInt(width);
  }
}
