/**
 * Entering and leaving trap handlers.
 *
 * @see RISC-V Privileged 20240411, 3.1.6.1, 3.1.7, 3.1.8 and 3.3.2
 */
import type { AccessKind, Exit } from "@isovm/isa-spec";
import type { ControlState } from "./control-state.ts";
import { Cause, Mode, modeOf } from "./modes.ts";
import {
  enterMachine,
  enterSupervisor,
  leaveMachine,
  leaveSupervisor,
  previousMachineMode,
  Status,
} from "./status.ts";

/** Exception codes of failed accesses: misaligned, access fault, page fault. */
const faultCauses: Readonly<Record<AccessKind, readonly [number, number, number]>> = {
  fetch: [Cause.fetchMisaligned, Cause.fetchAccess, Cause.fetchPage],
  read: [Cause.loadMisaligned, Cause.loadAccess, Cause.loadPage],
  write: [Cause.storeMisaligned, Cause.storeAccess, Cause.storePage],
};

/** The exception code of an access that failed. */
export function faultCause({ access, reason }: Extract<Exit, { kind: "fault" }>): number {
  const [misaligned, accessFault, pageFault] = faultCauses[access];
  if (reason === "misaligned") return misaligned;
  return reason === "unmapped" || reason === "permission" ? pageFault : accessFault;
}

/** Takes an exception in the mode that it is delegated to. */
export function takeException(state: ControlState, cause: number, value: bigint): void {
  const isDelegated = ((state.value("medeleg") >> BigInt(cause)) & 1n) === 1n;
  const toSupervisor = isDelegated && state.mode < Mode.machine;
  enterTrap(state, toSupervisor ? Mode.supervisor : Mode.machine, BigInt(cause), value);
}

/** Takes the interrupt that is due, if there is one. */
export function takeDueInterrupt(state: ControlState): boolean {
  const taken = state.interrupts.next(state.mode, state.status);
  if (!taken) return false;
  const cause = BigInt(taken.number) | (1n << BigInt(state.xlen - 1));
  enterTrap(state, taken.mode, cause, 0n, taken.number);
  return true;
}

/** `entry` is the number of an interrupt, which has a place of its own in a vectored table. */
function enterTrap(state: ControlState, mode: Mode, cause: bigint, value: bigint, entry = 0): void {
  const { registers, xlen } = state;
  const letter = mode === Mode.machine ? "m" : "s";
  registers.write(`${letter}epc`, 0, registers.pc);
  registers.write(`${letter}cause`, 0, cause);
  registers.write(`${letter}tval`, 0, value);
  const vector = state.value(`${letter}tvec`);
  const offset = (vector & 1n) === 0n ? 0n : BigInt(4 * entry);
  registers.pc = BigInt.asUintN(xlen, (vector & ~3n) + offset);
  const enter = mode === Mode.machine ? enterMachine : enterSupervisor;
  state.change(mode, enter(state.status, state.mode));
}

/** Executes `mret`; false if it is illegal. */
export function returnFromMachine(state: ControlState): boolean {
  const { mode, status, registers } = state;
  if (mode !== Mode.machine) return false;
  state.change(previousMachineMode(status), leaveMachine(status));
  registers.pc = registers.read("mepc");
  return true;
}

/** Executes `sret`; false if it is illegal. */
export function returnFromSupervisor(state: ControlState): boolean {
  const { status, registers } = state;
  if (!isSupervisorLegal(state, Status.tsr)) return false;
  state.change(modeOf((status & Status.spp) === 0 ? 0 : 1), leaveSupervisor(status));
  registers.pc = registers.read("sepc");
  return true;
}

/** Whether the mode is high enough for what a flag of `mstatus` takes from supervisor mode. */
export function isSupervisorLegal({ mode, status }: ControlState, flag: number): boolean {
  return mode === Mode.machine || (mode === Mode.supervisor && (status & flag) === 0);
}
