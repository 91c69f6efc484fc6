/**
 * Which floating-point operations of a region can rely on the steady case: rounding to nearest-even
 * and inexact raised already, as it is for good once a program has rounded anything. If both hold
 * where a region is entered they hold in all of it, as long as nothing else writes those registers.
 */
import {
  type Expression,
  expressionsOf,
  type FloatOperation,
  operandsOf,
  type StateLayout,
  type Statement,
} from "@isovm/isa-spec";
import { type RegisterSlot, registerSlot } from "../ir/register-slot.ts";
import type { PassBlock } from "../passes/pass-graph.ts";

/** The steady case of a region. */
export interface FloatSteadiness {
  /** Registers that are to hold nearest-even. */
  readonly modes: ReadonlySet<RegisterSlot>;
  /** Registers that are to have inexact raised. */
  readonly flags: ReadonlySet<RegisterSlot>;
  /** Operations that can rely on it and come before anything that their instruction changes. */
  readonly operations: ReadonlySet<FloatOperation>;
}

/** The steady case of a region; `undefined` if it has none. */
export function floatSteadiness(
  region: { readonly blocks: readonly PassBlock[] },
  layout: StateLayout,
): FloatSteadiness | undefined {
  const search = new Search(layout);
  for (const { instructions } of region.blocks) {
    for (const { instruction } of instructions) search.instruction(instruction.body);
  }
  const { modes, flags, operations, writes } = search;
  if (operations.size === 0) return undefined;
  for (const { slot, value } of writes) {
    const isAccrual =
      value.kind === "float" && value.result === "flags" && operations.has(value.operation);
    if (modes.has(slot) || (flags.has(slot) && !isAccrual)) return undefined;
  }
  return { modes, flags, operations };
}

interface Write {
  readonly slot: RegisterSlot;
  readonly value: Expression;
}

class Search {
  readonly modes = new Set<RegisterSlot>();
  readonly flags = new Set<RegisterSlot>();
  readonly operations = new Set<FloatOperation>();
  readonly writes: Write[] = [];
  readonly #layout: StateLayout;
  readonly #seen = new Set<Expression>();
  /** By temporary of the current instruction, the register that it was read from. */
  readonly #sources = new Map<number, RegisterSlot | undefined>();
  /** Whether the current instruction may have changed something. */
  #committed = false;

  constructor(layout: StateLayout) {
    this.#layout = layout;
  }

  instruction(body: readonly Statement[]): void {
    this.#sources.clear();
    this.#committed = false;
    this.#list(body);
  }

  #list(list: readonly Statement[]): void {
    for (const statement of list) {
      // What a loop changes comes before what is computed in its next round.
      if (statement.kind === "while") this.#committed = true;
      for (const expression of expressionsOf(statement)) this.#find(expression);
      switch (statement.kind) {
        case "readRegister":
          this.#sources.set(statement.result.id, registerSlot(this.#layout, statement.register));
          break;
        case "if":
          this.#list(statement.then);
          this.#list(statement.else);
          break;
        case "while":
          this.#list(statement.test);
          this.#list(statement.body);
          break;
        case "writeRegister": {
          const slot = registerSlot(this.#layout, statement.register);
          if (slot) this.writes.push({ slot, value: statement.value });
          this.#committed = true;
          break;
        }
        case "assign":
        case "load":
        case "trap":
        case "illegal":
          break;
        default:
          this.#committed = true;
      }
    }
  }

  #find(expression: Expression): void {
    const operands = operandsOf(expression);
    if (operands.length === 0 || this.#seen.has(expression)) return;
    this.#seen.add(expression);
    if (expression.kind === "float") this.#operation(expression.operation);
    for (const operand of operands) this.#find(operand);
  }

  #operation(operation: FloatOperation): void {
    const { roundingMode, accrued } = operation;
    const flags = this.#source(accrued);
    const mode = this.#source(roundingMode);
    if (this.#committed || !flags || !(mode || roundingMode.kind === "constant")) return;
    this.flags.add(flags);
    if (mode) this.modes.add(mode);
    this.operations.add(operation);
  }

  #source(expression: Expression): RegisterSlot | undefined {
    return expression.kind === "temporary" ? this.#sources.get(expression.id) : undefined;
  }
}
