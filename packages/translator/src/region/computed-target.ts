/**
 * Where an indirect jump goes if the instruction before it computes that from constants and its own
 * place: RISC-V calls what is far away by `auipc` and `jalr`.
 */
import { targetAddress } from "../ir/jumps.ts";
import { ConstantTracker } from "../passes/constant-tracker.ts";
import type { PassIsa } from "../passes/pass-graph.ts";
import { toAddress, toNumber } from "./address.ts";
import type { PlacedInstruction } from "./guest-code.ts";

/** The target if control comes from `before`; undefined if that doesn't tell. */
export function computedTarget(
  before: PlacedInstruction,
  jump: PlacedInstruction,
  isa: PassIsa,
): number | undefined {
  const { jumps, reads } = jump.instruction.effects;
  if (jumps.length !== 1 || jump.targets[0] !== undefined) return undefined;
  const { effects } = before.instruction;
  if (effects.reads.length > 0 || !effects.writes.some((slot) => reads.includes(slot))) {
    return undefined;
  }
  const tracker = new ConstantTracker(isa);
  tracker.step(before);
  const { target } = tracker.step(jump).instruction.effects.jumps[0] ?? {};
  if (!target) return undefined;
  const { addressWidth } = isa;
  const pc = toAddress(jump.pc, addressWidth);
  return toNumber(targetAddress(target, pc, jump.instruction.sizeBytes, addressWidth));
}
