/**
 * The memory strategy of a region. An access goes to the frame of its page's colour if that is
 * where the page lies: then only the page has to be compared, and where the data is doesn't depend
 * on a table. What lies elsewhere is looked up in the software TLB.
 */
import { IsovmError, type MemoryAccess, type RegionPlaces } from "@isovm/isa-spec";
import {
  type FunctionBuilder,
  loadInstruction,
  type MemoryStrategy,
  type Push,
  storeInstruction,
} from "@isovm/wasm";
import type { RegisterSlot } from "../ir/register-slot.ts";
import type { AccessGroup } from "./access-groups.ts";
import {
  type Coloured,
  pushCheckedPlace,
  pushGroupIsElsewhere,
  pushKnownPlace,
} from "./coloured-access.ts";
import type { PlacedInstruction } from "./guest-code.ts";
import type { HeldRegister } from "./region-services.ts";

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
    const { coloured } = places;
    const group = this.#groups.get(current);
    if (group) {
      if (group.first === current) this.#checkGroup(code, coloured, group, direction);
      pushKnownPlace(code, coloured, access, address);
    } else {
      pushCheckedPlace(code, coloured, access, address, direction, this.#options.leave);
    }
    return coloured.start;
  }

  #checkGroup(
    code: FunctionBuilder,
    coloured: Coloured,
    group: AccessGroup,
    direction: "read" | "write",
  ): void {
    const held = this.#options.registers.get(group.base);
    if (!held)
      throw new IsovmError("a group's register is not held", { offset: group.base.offset });
    const { base, low, end } = group;
    const range = { baseWidth: base.width, direction, low, end };
    pushGroupIsElsewhere(code, coloured, range, () => code.localGet(held.local));
    code.if(this.#options.leave);
  }
}
