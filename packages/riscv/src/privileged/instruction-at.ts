/** Reading the instruction that an engine has stopped at. */
import type { ControlState } from "./control-state.ts";

/** The four bytes at the program counter, of an instruction that has just been decoded. */
export function instructionAt({ host, translation, xlen }: ControlState): number {
  const { physical, state } = host;
  const { pc } = state;
  const place = translation.fetched(pc);
  if (place % 4 === 0) return physical.load32(place);
  const low = physical.load32(place - 2) >>> 16;
  const second = BigInt.asUintN(xlen, pc + 2n);
  const rest = place % 4096 === 4094 ? translation.translate(second, "fetch") : place + 2;
  return (low | (physical.load32(rest) << 16)) >>> 0;
}
