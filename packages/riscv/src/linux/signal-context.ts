/**
 * Registers in a signal frame: `struct sigcontext`, the integer registers with the program counter
 * in place of x0, then the floating-point state, for which room of the Q extension is kept.
 *
 * @see Linux, arch/riscv/include/uapi/asm/sigcontext.h
 */
import type { GuestCpu, SignalContext } from "@isovm/abi";
import type { Xlen } from "../hart.ts";

const registers = 32;
/** `union __riscv_fp_state`: 64 words of `f`, `fcsr` and padding of the Q extension, 16-aligned. */
const floatStateBytes = 528;
const floatRegisterBytes = 8;

/** The part of the frame that holds the registers of a hart of the given width. */
export function signalContext(xlen: Xlen): SignalContext {
  const wordBytes = xlen / 8;
  const floatOffset = registers * wordBytes;
  const fcsrOffset = floatOffset + registers * floatRegisterBytes;
  const load = (view: DataView, index: number): bigint =>
    wordBytes === 8 ? view.getBigUint64(index * 8, true) : BigInt(view.getUint32(index * 4, true));
  const store = (view: DataView, index: number, value: bigint): void => {
    if (wordBytes === 8) view.setBigUint64(index * 8, value, true);
    else view.setUint32(index * 4, Number(value), true);
  };
  return {
    sizeBytes: floatOffset + floatStateBytes,
    alignment: 16,
    order: "maskFirst",
    save(cpu, view) {
      store(view, 0, cpu.pc);
      for (let index = 1; index < registers; index += 1) {
        store(view, index, cpu.readRegister("x", index));
      }
      for (let index = 0; index < registers; index += 1) {
        const place = floatOffset + index * floatRegisterBytes;
        view.setBigUint64(place, cpu.readRegister("f", index), true);
      }
      view.setUint32(fcsrOffset, Number(readFcsr(cpu)), true);
    },
    restore(cpu, view) {
      // Bit 0 of a program counter does not exist; xRET drops it.
      cpu.pc = load(view, 0) & ~1n;
      for (let index = 1; index < registers; index += 1) {
        cpu.writeRegister("x", index, load(view, index));
      }
      for (let index = 0; index < registers; index += 1) {
        const place = floatOffset + index * floatRegisterBytes;
        cpu.writeRegister("f", index, view.getBigUint64(place, true));
      }
      const fcsr = BigInt(view.getUint32(fcsrOffset, true));
      cpu.writeRegister("fflags", 0, fcsr & 0x1fn);
      cpu.writeRegister("frm", 0, (fcsr >> 5n) & 7n);
      return true;
    },
  };
}

function readFcsr(cpu: GuestCpu): bigint {
  return cpu.readRegister("fflags", 0) | (cpu.readRegister("frm", 0) << 5n);
}
