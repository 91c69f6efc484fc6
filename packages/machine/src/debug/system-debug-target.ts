/** A system VM for a debugger: its harts are threads, numbered from 1. */
import {
  type ArchitecturalState,
  type DebuggerRegister,
  type PrivilegedHart,
  UnsupportedError,
} from "@isovm/isa-spec";
import type { SystemVm } from "../system/system-vm.ts";
import type { DebugTarget } from "./debug-target.ts";
import { readPlace, writePlace } from "./register-places.ts";

const pageBytes = 4096;

/**
 * A system VM for a debugger. Memory is RAM, by the addresses that a hart's translation gives it now;
 * what devices have is not looked at, since a look can change it.
 *
 * @throws UnsupportedError if the ISA doesn't describe its registers.
 */
export function systemDebugTarget(vm: SystemVm): DebugTarget {
  const description = vm.architecture.isa.debugger;
  if (!description) {
    const { name } = vm.architecture.isa;
    throw new UnsupportedError(`${name} has no description for debuggers`, { feature: "debugger" });
  }
  const inspect = <Found>(
    thread: number,
    look: (state: ArchitecturalState, hart: PrivilegedHart) => Found,
  ): Found => vm.inspect(thread - 1, look);
  const features = inspect(1, (_, hart) => hart.debugger?.features ?? []);
  /** The pieces of RAM that a range of addresses is; what isn't there ends them. */
  const pieces = (
    thread: number,
    address: bigint,
    length: number,
  ): readonly { readonly physical: number; readonly length: number }[] =>
    inspect(thread, (_, hart) => {
      const found: { physical: number; length: number }[] = [];
      for (let done = 0; done < length; ) {
        const at = BigInt.asUintN(vm.architecture.isa.addressWidth, address + BigInt(done));
        const inPage = Math.min(length - done, pageBytes - Number(at & 0xfffn));
        const physical = hart.debugger ? hart.debugger.locate(at) : Number(at);
        if (physical < 0 || !vm.memory.read(physical, inPage)) break;
        found.push({ physical, length: inPage });
        done += inPage;
      }
      return found;
    });
  return {
    architecture: description.architecture,
    features: [...description.features, ...features],
    generalRegisters: description.features.reduce(
      (sum, { registers }) => sum + registers.length,
      0,
    ),
    endsWithDebugger: false,
    breakpoints: vm.engine.breakpoints,
    threads: () =>
      Array.from({ length: vm.harts }, (_, index) => ({ id: index + 1, name: `hart ${index}` })),
    currentThread: () => vm.currentHart + 1,
    readRegister: (thread, register) =>
      inspect(thread, (state, hart) =>
        register.place.kind === "hart"
          ? (hart.debugger?.read(register.name) ?? 0n)
          : readPlace(state, register.place),
      ),
    writeRegister: (thread, register: DebuggerRegister, value) =>
      inspect(thread, (state, hart) => {
        if (register.place.kind === "hart") hart.debugger?.write(register.name, value);
        else writePlace(state, register.place, value);
      }),
    readMemory(thread, address, length) {
      const bytes: Uint8Array[] = pieces(thread, address, length).flatMap(
        (piece) => vm.memory.read(piece.physical, piece.length) ?? [],
      );
      return concatenate(bytes);
    },
    writeMemory(thread, address, bytes) {
      const found = pieces(thread, address, bytes.length);
      if (found.reduce((sum, { length }) => sum + length, 0) !== bytes.length) return false;
      let done = 0;
      for (const { physical, length } of found) {
        vm.memory.write(physical, bytes.subarray(done, done + length));
        done += length;
      }
      return true;
    },
  };
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
