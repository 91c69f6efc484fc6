/** Where jumps go and what they are for, as far as the instruction itself tells. */
import { type Expression, evaluate } from "@isovm/isa-spec";
import type { RegisterSlot } from "./register-slot.ts";
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
 * one to just what one of `linkRegisters` holds a return. `linkRegisters` are those of calls seen.
 */
export function jumpKind(
  { effects }: Pick<SpecialisedInstruction, "effects">,
  linkRegisters?: ReadonlySet<RegisterSlot>,
): JumpKind | undefined {
  const { jumps, link, fallsThrough } = effects;
  const [first] = jumps;
  if (!first) return undefined;
  for (const { statement } of jumps) {
    if (statement.hint === "return") return "return";
    if (statement.hint) return "call";
  }
  if (link) return "call";
  if (fallsThrough || jumps.length > 1) return "branch";
  return first.register && linkRegisters?.has(first.register) ? "return" : "jump";
}
