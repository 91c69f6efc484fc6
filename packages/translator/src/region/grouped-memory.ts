/** The memory strategy of a region: grouped accesses on top of the software TLB. */
import type { MemoryAccess, RegionPlaces } from "@isovm/isa-spec";
import {
  type FunctionBuilder,
  type Local,
  loadInstruction,
  type MemoryStrategy,
  type Push,
  pageBits,
  storeInstruction,
  tlbEntryBytes,
} from "@isovm/wasm";
import type { RegisterSlot } from "../ir/register-slot.ts";
import type { AccessGroup } from "./access-groups.ts";
import type { PlacedInstruction } from "./guest-code.ts";
import type { HeldRegister } from "./region-services.ts";

/** What the strategy works with. */
export interface GroupedMemoryOptions {
  readonly places: RegionPlaces;
  readonly registers: ReadonlyMap<RegisterSlot, HeldRegister>;
  /** For all that isn't grouped. */
  readonly otherwise: MemoryStrategy;
  /** Emits what leaves the current instruction to the interpreter. */
  readonly leave: () => void;
}

/** Accesses of one instruction at a time, of one block at a time. */
export class GroupedMemory implements MemoryStrategy {
  readonly #options: GroupedMemoryOptions;
  /** By number of the group: what to add to an address for its byte offset in linear memory. */
  readonly #addends: Local[] = [];
  #groups: ReadonlyMap<PlacedInstruction, AccessGroup> = new Map();
  #current: PlacedInstruction | undefined;

  constructor(options: GroupedMemoryOptions) {
    this.#options = options;
  }

  /** Turns to a block. */
  beginBlock(code: FunctionBuilder, groups: ReadonlyMap<PlacedInstruction, AccessGroup>): void {
    this.#groups = groups;
    for (const { number } of groups.values()) {
      while (this.#addends.length <= number) this.#addends.push(code.local("i32", "addend"));
    }
  }

  /** Turns to an instruction. */
  begin(placed: PlacedInstruction): void {
    this.#current = placed;
  }

  load(code: FunctionBuilder, access: MemoryAccess, address: Push): void {
    if (!this.#pushPlace(code, access, address)) {
      return this.#options.otherwise.load(code, access, address);
    }
    loadInstruction(code, access);
  }

  store(code: FunctionBuilder, access: MemoryAccess, address: Push, value: Push): void {
    if (!this.#pushPlace(code, access, address)) {
      return this.#options.otherwise.store(code, access, address, value);
    }
    value();
    storeInstruction(code, access);
  }

  locate(code: FunctionBuilder, access: MemoryAccess, address: Push): void {
    this.#options.otherwise.locate(code, access, address);
  }

  /** Pushes the byte offset in linear memory; false if the access isn't in a group. */
  #pushPlace(code: FunctionBuilder, access: MemoryAccess, address: Push): boolean {
    const group = this.#current && this.#groups.get(this.#current);
    const addend = group && this.#addends[group.number];
    if (!group || !addend) return false;
    if (group.first === this.#current) this.#check(code, group, addend);
    address();
    if (access.address.width > 32) code.i32WrapI64();
    code.localGet(addend);
    code.i32Add();
    return true;
  }

  #check(code: FunctionBuilder, group: AccessGroup, addend: Local): void {
    const { places, leave, registers } = this.#options;
    const { base, direction, low, end } = group;
    const table = direction === "read" ? places.readTable : places.writeTable;
    const held = registers.get(base);
    if (!held) return leave();
    const guest = code.local("i64", "guest");
    const entry = code.local("i32", "entry");
    code.localGet(held.local);
    if (base.width > 32) {
      code.i64Const(low);
      code.i64Add();
    } else {
      code.i32Const(low);
      code.i32Add();
      code.i64ExtendI32U();
    }
    code.localTee(guest);
    code.i64Const(pageBits - Math.log2(tlbEntryBytes));
    code.i64ShrU();
    code.i32WrapI64();
    code.i32Const((places.tableEntries - 1) * tlbEntryBytes);
    code.i32And();
    code.localTee(entry);
    code.i64Load(table);
    code.localGet(guest);
    code.i64Const(end - low - 1);
    code.i64Add();
    code.i64Const(-(2 ** pageBits));
    code.i64And();
    code.i64Ne();
    code.if(leave);
    code.localGet(entry);
    code.i32Load(table + 8);
    code.localSet(addend);
  }
}
