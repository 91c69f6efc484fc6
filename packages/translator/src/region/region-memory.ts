/**
 * The memory strategy of a region. An access goes to the frame of its page's colour if that is
 * where the page lies: then only the page has to be compared, and where the data is doesn't depend
 * on a table. What lies elsewhere is looked up in the software TLB.
 */
import {
  type AlignmentPolicy,
  IsovmError,
  type MemoryAccess,
  type RegionPlaces,
} from "@isovm/isa-spec";
import {
  type FunctionBuilder,
  type Local,
  loadInstruction,
  type MemoryStrategy,
  type Push,
  pageBits,
  pushAccessedPage,
  resize,
  storeInstruction,
} from "@isovm/wasm";
import type { RegisterSlot } from "../ir/register-slot.ts";
import type { AccessGroup } from "./access-groups.ts";
import type { PlacedInstruction } from "./guest-code.ts";
import type { HeldRegister } from "./region-services.ts";

const colourEntryBytes = 8;

/** What the strategy works with. */
export interface RegionMemoryOptions {
  readonly places: RegionPlaces;
  readonly registers: ReadonlyMap<RegisterSlot, HeldRegister>;
  /** The software TLB. */
  readonly lookedUp: MemoryStrategy;
  /** Instructions whose pages lie elsewhere than their colour says, as far as is known. */
  readonly isAlone: (instruction: PlacedInstruction) => boolean;
  /** Emits what leaves the current instruction to the interpreter. */
  readonly leave: () => void;
}

/** Accesses of one instruction at a time, of one block at a time. */
export class RegionMemory implements MemoryStrategy {
  readonly #options: RegionMemoryOptions;
  #groups: ReadonlyMap<PlacedInstruction, AccessGroup> = new Map();
  #current: PlacedInstruction | undefined;

  constructor(options: RegionMemoryOptions) {
    this.#options = options;
  }

  /** Turns to a block. */
  beginBlock(groups: ReadonlyMap<PlacedInstruction, AccessGroup>): void {
    this.#groups = groups;
  }

  /** Turns to an instruction. */
  begin(placed: PlacedInstruction): void {
    this.#current = placed;
  }

  load(code: FunctionBuilder, access: MemoryAccess, address: Push): void {
    const offset = this.#pushPlace(code, access, address, "read");
    if (offset === undefined) return this.#options.lookedUp.load(code, access, address);
    loadInstruction(code, access, offset);
  }

  store(code: FunctionBuilder, access: MemoryAccess, address: Push, value: Push): void {
    const offset = this.#pushPlace(code, access, address, "write");
    if (offset === undefined) return this.#options.lookedUp.store(code, access, address, value);
    value();
    storeInstruction(code, access, offset);
  }

  locate(code: FunctionBuilder, access: MemoryAccess, address: Push): void {
    this.#options.lookedUp.locate(code, access, address);
  }

  /**
   * Pushes the variable part of a byte offset in linear memory and returns the constant one;
   * undefined if the access is to be looked up.
   */
  #pushPlace(
    code: FunctionBuilder,
    access: MemoryAccess,
    address: Push,
    direction: "read" | "write",
  ): number | undefined {
    const { isAlone, places } = this.#options;
    const current = this.#current;
    if (!places.coloured || !current || isAlone(current)) return undefined;
    const group = this.#groups.get(current);
    const mask = places.coloured.pages * 2 ** pageBits - 1;
    if (group) {
      if (group.first === current) {
        const lowest = this.#lowest(code, group);
        this.#checkColour(code, lowest, direction, group.end - group.low, "any");
      }
      address();
      resize(code, access.address.width, 32);
    } else {
      const guest = code.local("i64", "guest");
      address();
      resize(code, access.address.width, 64);
      code.localSet(guest);
      this.#checkColour(code, guest, direction, access.width / 8, access.alignment);
      code.localGet(guest);
      code.i32WrapI64();
    }
    code.i32Const(mask);
    code.i32And();
    return places.coloured.start;
  }

  /** Leaves the lowest address of a group in a local. */
  #lowest(code: FunctionBuilder, { base, low }: AccessGroup): Local {
    const held = this.#options.registers.get(base);
    if (!held) throw new IsovmError("a group's register is not held", { offset: base.offset });
    const guest = code.local("i64", "guest");
    code.localGet(held.local);
    if (base.width > 32) {
      code.i64Const(low);
      code.i64Add();
    } else {
      code.i32Const(low);
      code.i32Add();
      code.i64ExtendI32U();
    }
    code.localSet(guest);
    return guest;
  }

  /** Leaves unless the page lies where its colour is, and all of `sizeBytes` in it. */
  #checkColour(
    code: FunctionBuilder,
    guest: Local,
    direction: "read" | "write",
    sizeBytes: number,
    alignment: AlignmentPolicy,
  ): void {
    const { places, leave } = this.#options;
    if (!places.coloured) return;
    const { pages, readTable, writeTable } = places.coloured;
    code.localGet(guest);
    code.i64Const(pageBits - Math.log2(colourEntryBytes));
    code.i64ShrU();
    code.i32WrapI64();
    code.i32Const((pages - 1) * colourEntryBytes);
    code.i32And();
    code.i64Load(direction === "read" ? readTable : writeTable);
    pushAccessedPage(code, guest, sizeBytes, alignment);
    code.i64Ne();
    code.if(leave);
  }
}
