/** Constants in registers along a straight line of instructions. */
import type { RegisterConstants } from "../ir/knowledge.ts";
import { registerSlot } from "../ir/register-slot.ts";
import { rewriteBody } from "../ir/rewrite.ts";
import { traitsOf } from "../ir/traits.ts";
import { toAddress } from "../region/address.ts";
import { type PassInstruction, type PassIsa, withBody } from "./pass-graph.ts";

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
  step(placed: PassInstruction): PassInstruction {
    const { reads, writes } = placed.instruction.effects;
    if (reads.some((slot) => this.#registers.has(slot))) return this.#rewrite(placed);
    for (const slot of writes) this.#registers.delete(slot);
    return reads.length === 0 && writes.length > 0 ? this.#made(placed) : placed;
  }

  /** An instruction that reads nothing may write constants, or what depends on its place. */
  #made(placed: PassInstruction): PassInstruction {
    const { addressWidth } = this.#isa;
    for (const statement of placed.instruction.body) {
      if (statement.kind === "jump") continue;
      if (statement.kind !== "writeRegister") return placed;
      const { value, register } = statement;
      const slot = registerSlot(this.#isa.layout, register);
      if (!slot) return placed;
      if (value.kind === "constant") this.#registers.set(slot, value.value);
      else if (value.kind === "nextPc" && value.width === addressWidth) {
        this.#registers.set(slot, toAddress(placed.next, addressWidth));
      } else if (value.kind === "pc" && value.width === addressWidth) {
        this.#registers.set(slot, toAddress(placed.pc, addressWidth));
      } else return this.#rewrite(placed);
    }
    return placed;
  }

  #rewrite(placed: PassInstruction): PassInstruction {
    const { pc, next, instruction } = placed;
    const { layout, addressWidth } = this.#isa;
    const { body, registers } = rewriteBody(instruction.body, {
      layout,
      place: { pc: toAddress(pc, addressWidth), nextPc: toAddress(next, addressWidth) },
      registers: this.#registers,
      traits: traitsOf(instruction.row),
    });
    if (registers) this.#registers = registers;
    return withBody(placed, body, this.#isa);
  }
}
