/**
 * Privilege modes, exception codes and interrupt numbers.
 *
 * @see RISC-V Privileged 20240411, 1.2 and tables 3.6 and 14
 */

/** Privilege modes by their encoding. */
export const Mode = { user: 0, supervisor: 1, machine: 3 } as const;
/** One of {@link Mode}. */
export type Mode = (typeof Mode)[keyof typeof Mode];

/** The mode of a two-bit field; the reserved encoding counts as user mode. */
export function modeOf(encoding: number): Mode {
  return encoding === 3 ? Mode.machine : encoding === 1 ? Mode.supervisor : Mode.user;
}

/** Exception codes. Those of calls are one for each mode: 8 and its encoding. */
export const Cause = {
  fetchMisaligned: 0,
  fetchAccess: 1,
  illegalInstruction: 2,
  breakpoint: 3,
  loadMisaligned: 4,
  loadAccess: 5,
  storeMisaligned: 6,
  storeAccess: 7,
  call: 8,
  fetchPage: 12,
  loadPage: 13,
  storePage: 15,
} as const;

/**
 * Interrupt numbers: the wires of {@link "@isovm/isa-spec".PrivilegedHart.setInterrupt} and the bits
 * of `mip`.
 */
export const Interrupt = {
  supervisorSoftware: 1,
  machineSoftware: 3,
  supervisorTimer: 5,
  machineTimer: 7,
  supervisorExternal: 9,
  machineExternal: 11,
} as const;

/** Interrupts by falling priority. */
export const interruptPriority: readonly number[] = [11, 3, 7, 9, 1, 5];

/** Set of bits from bit numbers. */
export function bitMask(...numbers: readonly number[]): number {
  return numbers.reduce((mask, number) => mask | (1 << number), 0);
}

/** Exceptions that machine mode may delegate: all but calls from itself. */
export const delegableExceptions: number = bitMask(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 15);

/** Interrupts of supervisor mode, which machine mode may delegate. */
export const supervisorInterrupts: number = bitMask(1, 5, 9);

/** All interrupts that there are. */
export const allInterrupts: number = bitMask(1, 3, 5, 7, 9, 11);
