/** One engine on a test bench: its own guest memory, address spaces that tests lay out, stepping. */
import {
  type Engine,
  type EngineFactory,
  type Exit,
  type Intrinsic,
  type Isa,
  IsovmError,
  translationFault,
} from "@isovm/isa-spec";
import { type CurrentSpaceMemory, GuestMemory, type ProcessAddressSpace } from "@isovm/machine";
import type { RegisterValues } from "../arbitraries/states.ts";
import { type Mapping, rights } from "../program/layout.ts";

/** A test asked a bench for something that it can't do. */
export class BenchError extends IsovmError {}

/** An engine with memory of its own. */
export class Bench {
  readonly isa: Isa;
  readonly engine: Engine;
  readonly guestMemory: GuestMemory;
  #space: ProcessAddressSpace;
  #time = 0n;

  /** `intrinsics` are host functions beside the ISA's own, such as a test's probes. */
  constructor(
    isa: Isa,
    factory: EngineFactory,
    intrinsics: Readonly<Record<string, Intrinsic>> = {},
  ) {
    this.isa = isa;
    const limitBytes = 64 * 2 ** 20;
    this.guestMemory = new GuestMemory({ limitBytes, engineLimitBytes: 4 * limitBytes });
    this.#space = this.newSpace();
    this.memory.switchTo(this.#space);
    this.engine = factory({
      isa,
      memory: this.memory,
      // Every reading differs, so that an engine which reads twice or never is found out.
      clock: { time: () => (this.#time += 1n) },
      intrinsics,
    });
  }

  /** Guest memory as the engine sees it. */
  get memory(): CurrentSpaceMemory {
    return this.guestMemory.engine;
  }

  /** The address space that the engine executes in. */
  get space(): ProcessAddressSpace {
    return this.#space;
  }

  /** An empty address space as large as the ISA's addresses, or as guest memory admits. */
  newSpace(): ProcessAddressSpace {
    return this.guestMemory.create(this.isa.addressWidth === 32 ? 2 ** 32 : 2 ** 47);
  }

  /** Makes `space` the one that the engine executes in; the former one is kept. */
  enter(space: ProcessAddressSpace): void {
    this.memory.switchTo(space);
    this.#space = space;
  }

  /** Begins anew: an address space with these mappings, no reservation, the clock at zero. */
  reset(mappings: readonly Mapping[]): void {
    const old = this.#space;
    const space = this.newSpace();
    for (const { start, length, rights: protection } of mappings) {
      space.map({ start, length, protection });
    }
    this.enter(space);
    old.dispose();
    this.engine.state.reservation = undefined;
    this.engine.breakpoints.clear();
    this.#time = 0n;
  }

  /** Writes bytes whatever the rights of their pages. */
  poke(address: number, bytes: Uint8Array): void {
    this.#space.poke(address, bytes);
  }

  /** Sets all registers of the given files. */
  setRegisters(values: RegisterValues): void {
    const { state } = this.engine;
    for (const [file, list] of Object.entries(values)) {
      list.forEach((value, register) => {
        state.write(file, register, value);
      });
    }
  }

  /** The bytes of an instruction at `address`; fewer if the rest can't be fetched. */
  instructionBytes(address: bigint): Uint8Array {
    const { framing, addressWidth } = this.isa;
    const byteAt = (offset: number): number | undefined => {
      const at = BigInt.asUintN(addressWidth, address + BigInt(offset));
      const frame = this.memory.translate(at, "fetch");
      if (frame < 0) return undefined;
      return new Uint8Array(this.memory.memory.buffer)[frame + Number(at & 0xfffn)];
    };
    const bytes: number[] = [];
    let parcel = 0;
    for (let offset = 0; offset < framing.parcelBytes; offset += 1) {
      const byte = byteAt(offset);
      if (byte === undefined) return Uint8Array.from(bytes);
      bytes.push(byte);
      parcel += byte * 2 ** (8 * offset);
    }
    const rule = framing.lengths.find(({ mask, match }) => (parcel & mask) === match);
    const sizeBytes = rule?.sizeBytes ?? framing.parcelBytes;
    for (let offset = framing.parcelBytes; offset < sizeBytes; offset += 1) {
      const byte = byteAt(offset);
      if (byte === undefined) break;
      bytes.push(byte);
    }
    return Uint8Array.from(bytes);
  }

  /** Goes on behind the instruction that stopped the engine; false if it can't be fetched. */
  skipInstruction(): boolean {
    const { state } = this.engine;
    const { length } = this.instructionBytes(state.pc);
    if (length === 0) return false;
    state.pc = BigInt.asUintN(this.isa.addressWidth, state.pc + BigInt(length));
    return true;
  }

  /** Why a byte can't be accessed, or undefined if it can. */
  faultAt(
    address: bigint,
    access: "read" | "write" | "fetch",
  ): "unmapped" | "permission" | "bus" | undefined {
    const frame = this.memory.translate(BigInt.asUintN(this.isa.addressWidth, address), access);
    if (frame >= 0) return undefined;
    if (frame === translationFault.permission) return "permission";
    return frame === translationFault.bus ? "bus" : "unmapped";
  }

  /** The content of a mapping; undefined if it can't be read. */
  contentOf({ start, length, rights: given }: Mapping): Uint8Array | undefined {
    return (given & rights.read) === 0 ? undefined : this.#space.read(start, length);
  }
}

/** An exit in one line. */
export function exitText(exit: Exit): string {
  switch (exit.kind) {
    case "budget":
    case "breakpoint":
      return exit.kind;
    case "effect":
      return `effect ${exit.name}`;
    case "trap":
      return `trap ${exit.cause}, value 0x${exit.value.toString(16)}`;
    case "illegal":
      return `illegal 0x${exit.bits.toString(16)} (${exit.sizeBytes} bytes)`;
    case "fault":
      return `fault: ${exit.access} at 0x${exit.address.toString(16)}: ${exit.reason}`;
  }
}
