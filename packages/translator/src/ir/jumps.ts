/** Where jumps go and what they are for, as far as the instruction itself tells. */
import { type Expression, evaluate, type StateLayout } from "@isovm/isa-spec";
import { type RegisterSlot, registerSlot } from "./register-slot.ts";
import type { SpecialisedInstruction } from "./specialise.ts";

/** The address of a direct jump's target from an instruction of `sizeBytes` bytes at `pc`. */
export function targetAddress(
  target: Expression,
  pc: bigint,
  sizeBytes: number,
  addressWidth: number,
): bigint {
  const address = evaluate(target, {
    field: unknown,
    temporary: unknown,
    pc,
    nextPc: BigInt.asUintN(addressWidth, pc + BigInt(sizeBytes)),
    retired: 0n,
  });
  return BigInt.asUintN(addressWidth, address);
}

function unknown(name: string | number): bigint {
  throw new RangeError(`a direct jump's target depends on ${name}`);
}

/** The parts of an instruction that tell about its jumps. */
export type JumpingBody = Pick<SpecialisedInstruction, "body" | "effects">;

/** What a jump is for. */
export type JumpKind =
  /** It leaves the address of the next instruction in a register. */
  | "call"
  /** It goes where a call has come from. */
  | "return"
  /** It is always taken, and neither of these. */
  | "jump"
  /** It may fall through. */
  | "branch";

/**
 * What the jumps of an instruction are for; undefined if it has none. Rows' own hints come first.
 * Others are told by their doing: a jump that leaves `nextPc` in a register is a call, an indirect
 * one to just what one of `linkRegisters` holds, by default none, a return.
 */
export function jumpKind(
  instruction: JumpingBody,
  layout: StateLayout,
  linkRegisters?: ReadonlySet<RegisterSlot>,
): JumpKind | undefined {
  const { jumps, fallsThrough } = instruction.effects;
  if (jumps.length === 0) return undefined;
  for (const { statement } of jumps) {
    if (statement.hint === "return") return "return";
    if (statement.hint) return "call";
  }
  if (linkRegister(instruction, layout)) return "call";
  if (fallsThrough || jumps.length > 1) return "branch";
  const source = jumpRegister(instruction, layout);
  return source && linkRegisters?.has(source) ? "return" : "jump";
}

/** The register that a jump leaves the address of the next instruction in, if it does. */
export function linkRegister(
  { body, effects }: JumpingBody,
  layout: StateLayout,
): RegisterSlot | undefined {
  if (effects.jumps.length === 0) return undefined;
  for (const statement of body) {
    if (statement.kind === "writeRegister" && statement.value.kind === "nextPc") {
      return registerSlot(layout, statement.register);
    }
  }
  return undefined;
}

/**
 * The register that an indirect jump goes to the address in, some bits of it cleared perhaps;
 * undefined if the target is anything else.
 */
export function jumpRegister(
  { body, effects }: JumpingBody,
  layout: StateLayout,
): RegisterSlot | undefined {
  const [jump] = effects.jumps;
  if (!jump) return undefined;
  let { target } = jump.statement;
  if (target.kind === "binary" && target.operator === "and" && target.right.kind === "constant") {
    target = target.left;
  }
  if (target.kind !== "temporary") return undefined;
  const { id } = target;
  for (const statement of body) {
    if (statement.kind === "readRegister" && statement.result.id === id) {
      return registerSlot(layout, statement.register);
    }
  }
  return undefined;
}
