/**
 * What Linux needs to know of RISC-V: registers of the system-call convention, ELF header, signal
 * frames.
 *
 * @see RISC-V ELF psABI 1.0; Linux, arch/riscv/include/uapi/asm/{ptrace,sigcontext,ucontext,hwcap}.h
 */
import type { CloneOrder, GuestCpu, LinuxBinding } from "@isovm/abi";
import type { Xlen } from "../hart.ts";
import { flagsProblem, hardwareCapabilities, machineNumber } from "./elf.ts";
import { signalContext } from "./signal-context.ts";

/** Registers of the calling convention, by number. */
const register = { ra: 1, sp: 2, tp: 4, a0: 10, a1: 11, a2: 12, a7: 17 } as const;

/** `clone(flags, stack, parent_tid, tls, child_tid)`: CONFIG_CLONE_BACKWARDS. */
const cloneOrder: CloneOrder = { flags: 0, stack: 1, parentTid: 2, tls: 3, childTid: 4 };

/** `li a7, 139` (rt_sigreturn), `ecall`. */
const signalTrampoline: Uint8Array = Uint8Array.of(0x93, 0x08, 0xb0, 0x08, 0x73, 0, 0, 0);

const ownSystemCalls: Readonly<Record<string, number>> = {
  riscv_hwprobe: 258,
  riscv_flush_icache: 259,
};

/** Where programs live: the 48-bit virtual memory of RV64, and what 32-bit Linux leaves to users. */
const addressSpaces = {
  64: { userLimit: 2 ** 47, mmapLimit: 2 ** 47, dynamicBase: 0x5555_5555_5000 },
  32: { userLimit: 0x9dc0_0000, mmapLimit: 0x9dc0_0000, dynamicBase: 0x692a_a000 },
} as const;

/** Linux on harts of the given register width. */
export function riscvLinux(xlen: Xlen): LinuxBinding {
  const x = (cpu: GuestCpu, index: number): bigint => cpu.readRegister("x", index);
  const setX = (cpu: GuestCpu, index: number, value: bigint): void =>
    cpu.writeRegister("x", index, BigInt.asUintN(xlen, value));
  const { userLimit, mmapLimit, dynamicBase } = addressSpaces[xlen];
  return {
    name: `riscv${xlen}`,
    machine: `riscv${xlen}`,
    model: { wordBytes: xlen === 64 ? 8 : 4, littleEndian: true, longLongAlignment: 8 },
    elf: {
      machine: machineNumber,
      wordBits: xlen,
      littleEndian: true,
      checkFlags: flagsProblem,
      hwcap: hardwareCapabilities,
      dynamicBase,
    },
    userLimit,
    mmapLimit,
    systemCallNumbers: "asm-generic",
    ownSystemCalls,
    systemCallBytes: 4,
    readSystemCall: (cpu) => ({
      number: Number(x(cpu, register.a7)),
      arguments: [0, 1, 2, 3, 4, 5].map((index) => x(cpu, register.a0 + index)),
    }),
    writeResult: (cpu, value) => setX(cpu, register.a0, value),
    restoreArguments: (cpu, call) => setX(cpu, register.a0, call.arguments[0] ?? 0n),
    cloneOrder,
    getStackPointer: (cpu) => x(cpu, register.sp),
    setStackPointer: (cpu, value) => setX(cpu, register.sp, value),
    setThreadPointer: (cpu, value) => setX(cpu, register.tp, value),
    startProgram(cpu, entry, stackPointer) {
      cpu.pc = BigInt(entry);
      setX(cpu, register.sp, BigInt(stackPointer));
    },
    signalContext: signalContext(xlen),
    signalTrampoline,
    hasRestorer: false,
    stackAlignment: 16,
    redZoneBytes: 0,
    enterHandler(cpu, entry) {
      cpu.pc = entry.handler;
      setX(cpu, register.ra, BigInt(entry.returnAddress));
      setX(cpu, register.sp, BigInt(entry.stackPointer));
      setX(cpu, register.a0, BigInt(entry.signal));
      setX(cpu, register.a1, BigInt(entry.infoAddress));
      setX(cpu, register.a2, BigInt(entry.contextAddress));
    },
  };
}

/** Linux on RV64. */
export const linuxRiscv64: LinuxBinding = riscvLinux(64);

/** Linux on RV32. */
export const linuxRiscv32: LinuxBinding = riscvLinux(32);
