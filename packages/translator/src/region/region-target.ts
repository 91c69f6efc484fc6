/** Where the lowering of a region's instructions finds values, and where it sends control. */
import {
  type Expression,
  type FloatOperation,
  IsovmError,
  type RegisterReference,
  type StateLayout,
} from "@isovm/isa-spec";
import {
  type EngineLeaf,
  type FunctionBuilder,
  type Label,
  type LoweringTarget,
  type Push,
  pushConstant,
  resize,
  softwareTlb,
} from "@isovm/wasm";
import { type RegisterSlot, registerSlot } from "../ir/register-slot.ts";
import type { FloatSteadiness } from "./float-steadiness.ts";
import type { PlacedInstruction } from "./guest-code.ts";
import type { Region } from "./region.ts";
import { RegionMemory } from "./region-memory.ts";
import type { HeldRegister, RegionExits, RegionServices } from "./region-services.ts";

/** With more targets of an indirect jump than this, a table replaces comparisons. */
const mostComparisons = 3;
/** Entries of such a table at most, one for each parcel of code. */
const largestTable = 2048;

/** The target of all instructions of one region, of one at a time. */
export class RegionTarget implements LoweringTarget {
  readonly code: FunctionBuilder;
  readonly memory: RegionMemory;
  readonly reservationOffset: number;
  readonly takesFloats: boolean = true;
  readonly #float: RegionServices["float"];
  readonly #steadiness: FloatSteadiness | undefined;
  readonly #region: Region;
  readonly #layout: StateLayout;
  readonly #addressWidth: 32 | 64;
  readonly #parcelBytes: number;
  readonly #registers: ReadonlyMap<RegisterSlot, HeldRegister>;
  readonly #exits: RegionExits;
  #placed: PlacedInstruction | undefined;
  #pc = 0;
  #back = 0;
  #expected: readonly number[] = [];
  #labelOf: (block: number) => Label | undefined = () => undefined;

  constructor(
    code: FunctionBuilder,
    region: Region,
    services: RegionServices,
    registers: ReadonlyMap<RegisterSlot, HeldRegister>,
    exits: RegionExits,
    steadiness: FloatSteadiness | undefined,
  ) {
    const { isa, isAlone, places, float } = services;
    this.code = code;
    this.#float = float;
    this.#steadiness = steadiness;
    // A call in a loop costs more than leaving: V8 spills all locals that live across one.
    const { readTable, writeTable, tableEntries: entries, bank } = places;
    const leave = (): void => this.#interpret();
    const lookedUp = softwareTlb({ readTable, writeTable, entries, bank, miss: leave });
    this.memory = new RegionMemory({ places, registers, lookedUp, isAlone, leave });
    this.reservationOffset = places.state + isa.layout.reservationOffset;
    this.#region = region;
    this.#layout = isa.layout;
    this.#addressWidth = isa.addressWidth;
    this.#parcelBytes = isa.framing.parcelBytes;
    this.#registers = registers;
    this.#exits = exits;
  }

  /**
   * Turns to an instruction. `back` of the instructions that the block has counted, it included,
   * have not been executed before it.
   */
  begin(
    placed: PlacedInstruction,
    back: number,
    expected: readonly number[],
    labelOf: (block: number) => Label | undefined,
  ): void {
    this.memory.begin(placed);
    this.#placed = placed;
    this.#pc = placed.pc;
    this.#back = back;
    this.#expected = expected;
    this.#labelOf = labelOf;
  }

  leaf(expression: EngineLeaf): void {
    switch (expression.kind) {
      case "pc":
        return this.#address(this.#pc);
      case "nextPc":
        return this.#address(this.#placed?.next ?? 0);
      default:
        throw new IsovmError(`a region can't know ${expression.kind}`, { kind: expression.kind });
    }
  }

  readRegister(register: RegisterReference): void {
    const held = this.#held(register);
    if (held) this.code.localGet(held.local);
    else pushConstant(this.code, register.width, 0n);
  }

  writeRegister(register: RegisterReference, _index: Push | undefined, value: Push): void {
    const held = this.#held(register);
    if (!held) return;
    value();
    this.code.localSet(held.local);
  }

  isFloat(register: RegisterReference): boolean {
    return this.#held(register)?.local.type === "f64";
  }

  float(operation: FloatOperation): void {
    const steady = this.#steadiness?.operations.has(operation) === true;
    const rare = steady ? (): void => this.#interpret() : undefined;
    this.#float(this.code, operation, { steady, rare, asFloats: true });
  }

  intrinsic(name: string): void {
    throw new IsovmError(`a region can't call ${name}`, { name });
  }

  trap(): void {
    this.#interpret();
  }

  illegal(): void {
    this.#interpret();
  }

  effect(): void {
    this.#interpret();
  }

  instructionFence(): void {
    this.#interpret();
  }

  jump(target: Expression, push: (expression: Expression) => void): void {
    const known = this.#targetOf(target);
    if (known !== undefined) return this.goTo(known);
    const { code } = this;
    const { next, leave } = this.#exits;
    push(target);
    resize(code, target.width, 64);
    code.localSet(next);
    this.#branchToExpected();
    code.br(leave);
  }

  /** Branches to the expected target that is in `next`, if it is one of them. */
  #branchToExpected(): void {
    const { code } = this;
    const { next, leave } = this.#exits;
    const labels = new Map<number, Label>();
    for (const address of this.#expected) {
      const label = this.#labelAt(address);
      if (label) labels.set(address, label);
    }
    const lowest = Math.min(...labels.keys());
    const parcels = (Math.max(...labels.keys()) - lowest) / this.#parcelBytes + 1;
    if (labels.size > mostComparisons && parcels <= largestTable) {
      const distance = code.local("i64", "distance");
      code.localGet(next);
      code.i64Const(lowest);
      code.i64Sub();
      // An odd distance comes out too large.
      code.i64Const(Math.log2(this.#parcelBytes));
      code.i64Rotr();
      code.localTee(distance);
      code.i64Const(parcels);
      code.i64LtU();
      code.if(() => {
        code.localGet(distance);
        code.i32WrapI64();
        const table = Array.from(
          { length: parcels },
          (_, parcel) => labels.get(lowest + parcel * this.#parcelBytes) ?? leave,
        );
        code.brTable(table, leave);
      });
      return;
    }
    for (const [address, label] of labels) {
      code.localGet(next);
      code.i64Const(address);
      code.i64Eq();
      code.brIf(label);
    }
  }

  /** Branches to an address: a block of the region, or out of it. */
  goTo(address: number): void {
    const { code } = this;
    const label = this.#labelAt(address);
    if (label) return code.br(label);
    code.i64Const(address);
    code.localSet(this.#exits.next);
    code.br(this.#exits.leave);
  }

  #labelAt(address: number): Label | undefined {
    const block = this.#region.blockAt.get(address);
    return block === undefined ? undefined : this.#labelOf(block);
  }

  /** Leaves the current instruction to the interpreter. */
  #interpret(): void {
    const { code } = this;
    const { interpret, next, back } = this.#exits;
    code.i64Const(this.#pc);
    code.localSet(next);
    code.i32Const(this.#back);
    code.localSet(back);
    code.br(interpret);
  }

  #targetOf(target: Expression): number | undefined {
    const { instruction, targets } = this.#placed ?? {};
    const index = instruction?.effects.jumps.findIndex((jump) => jump.statement.target === target);
    return index === undefined ? undefined : targets?.[index];
  }

  #address(address: number): void {
    if (this.#addressWidth === 32) this.code.i32Const(address | 0);
    else this.code.i64Const(address);
  }

  #held(register: RegisterReference): HeldRegister | undefined {
    const slot = registerSlot(this.#layout, register);
    return slot && this.#registers.get(slot);
  }
}
