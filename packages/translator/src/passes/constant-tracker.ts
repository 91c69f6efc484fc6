/** Constants in registers along a straight line of instructions. */
import type { RegisterConstants } from "../ir/knowledge.ts";
import { registerSlot } from "../ir/register-slot.ts";
import { rewriteBody } from "../ir/rewrite.ts";
import { traitsOf } from "../ir/traits.ts";
import { type PassIsa, type PlacedInstruction, withBody } from "./pass-graph.ts";

/** Follows which registers hold constants, and puts these into the instructions. */
export class ConstantTracker {
  readonly #isa: PassIsa;
  #registers: RegisterConstants;

  /** `registers` are what is known before the first instruction; the tracker changes it. */
  constructor(isa: PassIsa, registers: RegisterConstants = new Map()) {
    this.#isa = isa;
    this.#registers = registers;
  }

  /** What registers hold behind the last instruction, wherever it went. */
  get registers(): RegisterConstants {
    return this.#registers;
  }

  /** The next instruction, with constants put in. */
  step(placed: PlacedInstruction): PlacedInstruction {
    const { reads, writes } = placed.instruction.effects;
    if (reads.some((slot) => this.#registers.has(slot))) return this.#rewrite(placed);
    for (const slot of writes) this.#registers.delete(slot);
    return reads.length === 0 && writes.length > 0 ? this.#made(placed) : placed;
  }

  /** An instruction that reads nothing may write constants, or what depends on its place. */
  #made(placed: PlacedInstruction): PlacedInstruction {
    const { pc, instruction } = placed;
    for (const statement of instruction.body) {
      if (statement.kind === "jump") continue;
      if (statement.kind !== "writeRegister") return placed;
      const { value, register } = statement;
      const slot = registerSlot(this.#isa.layout, register);
      if (!slot) return placed;
      if (value.kind === "constant") this.#registers.set(slot, value.value);
      else if (value.kind === "nextPc" && value.width === this.#isa.addressWidth) {
        this.#registers.set(slot, this.#behind(placed));
      } else if (value.kind === "pc" && value.width === this.#isa.addressWidth) {
        this.#registers.set(slot, pc);
      } else return this.#rewrite(placed);
    }
    return placed;
  }

  #behind({ pc, instruction }: PlacedInstruction): bigint {
    return BigInt.asUintN(this.#isa.addressWidth, pc + BigInt(instruction.sizeBytes));
  }

  #rewrite(placed: PlacedInstruction): PlacedInstruction {
    const { pc, instruction } = placed;
    const { layout } = this.#isa;
    const { body, registers } = rewriteBody(instruction.body, {
      layout,
      place: { pc, nextPc: this.#behind(placed) },
      registers: this.#registers,
      traits: traitsOf(instruction.row),
    });
    if (registers) this.#registers = registers;
    return { pc, instruction: withBody(instruction, body, layout) };
  }
}
