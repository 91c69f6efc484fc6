/**
 * The fields of `mstatus`, as a mask each, and what they mean to a trap and a return.
 *
 * The architectural state keeps the low 32 bits but `FS`, which is a register of its own so that
 * floating-point instructions touch nothing else; `SD`, `SXL` and `UXL` are computed when read.
 *
 * @see RISC-V Privileged 20240411, 3.1.6
 */
import { type Mode, modeOf } from "./modes.ts";

/** Masks of the fields in the low 32 bits. */
export const Status = {
  sie: 0x2,
  mie: 0x8,
  spie: 0x20,
  mpie: 0x80,
  spp: 0x100,
  mpp: 0x1800,
  fs: 0x6000,
  mprv: 0x20000,
  sum: 0x40000,
  mxr: 0x80000,
  tvm: 0x100000,
  tw: 0x200000,
  tsr: 0x400000,
} as const;

/** Bit number of `FS`. */
export const floatStateShift = 13;

/** What supervisor mode sees and changes of it, beside `FS`. */
export const supervisorStatus: number =
  Status.sie | Status.spie | Status.spp | Status.sum | Status.mxr;

/** What translation depends on. */
export const translationStatus: number = Status.mprv | Status.mpp | Status.sum | Status.mxr;

/** What machine mode can change, beside `FS` and the field `MPP`. */
export const machineStatus: number =
  supervisorStatus | Status.mie | Status.mpie | Status.mprv | Status.tvm | Status.tw | Status.tsr;

/** The mode in `MPP`. */
export function previousMachineMode(status: number): Mode {
  return modeOf((status >>> 11) & 3);
}

/** A write of the machine's view; `MPP` keeps its value when given the reserved encoding. */
export function writeMachineStatus(old: number, value: number): number {
  const isReserved = ((value >>> 11) & 3) === 2;
  const mask = machineStatus | (isReserved ? 0 : Status.mpp);
  return (old & ~mask) | (value & mask);
}

/** A write of the supervisor's view. */
export function writeSupervisorStatus(old: number, value: number): number {
  return (old & ~supervisorStatus) | (value & supervisorStatus);
}

/** After a trap from `mode` into machine mode. */
export function enterMachine(status: number, mode: Mode): number {
  const kept = status & ~(Status.mie | Status.mpie | Status.mpp);
  return kept | ((status & Status.mie) !== 0 ? Status.mpie : 0) | (mode << 11);
}

/** After a trap from `mode` into supervisor mode. */
export function enterSupervisor(status: number, mode: Mode): number {
  const kept = status & ~(Status.sie | Status.spie | Status.spp);
  return kept | ((status & Status.sie) !== 0 ? Status.spie : 0) | (mode === 0 ? 0 : Status.spp);
}

/** After `mret`; it returns to {@link previousMachineMode}. */
export function leaveMachine(status: number): number {
  const isMachine = (status & Status.mpp) === Status.mpp;
  const kept = status & ~(Status.mie | Status.mpp | (isMachine ? 0 : Status.mprv));
  return kept | Status.mpie | ((status & Status.mpie) !== 0 ? Status.mie : 0);
}

/** After `sret`; it returns to the mode in `SPP`. */
export function leaveSupervisor(status: number): number {
  const kept = status & ~(Status.sie | Status.spp | Status.mprv);
  return kept | Status.spie | ((status & Status.spie) !== 0 ? Status.sie : 0);
}
