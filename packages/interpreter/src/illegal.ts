/** The exit of an instruction that no row matches. */
import type { Exit } from "@isovm/isa-spec";

/** `word` holds the instruction's `sizeBytes` bytes, the first one lowest. */
export function illegalExit(word: bigint, sizeBytes: number): Exit {
  return { kind: "illegal", bits: word, sizeBytes };
}
