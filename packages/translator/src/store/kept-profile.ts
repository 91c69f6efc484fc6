/** What a run has learnt about a program's code, for the next one. */
import type { FieldReader, FieldWriter } from "./bytes.ts";

/**
 * What to know when code is translated. Addresses are those of the guest; nothing that a guest
 * computes depends on any of it.
 */
export interface KeptProfile {
  /** Instructions whose memory accesses are looked up, each on its own. */
  readonly alone: readonly number[];
  /** Indirect jumps, and where they were seen to go. */
  readonly targets: readonly (readonly [jump: number, targets: readonly number[]])[];
}

/** Writes a profile. */
export function writeProfile(writer: FieldWriter, profile: KeptProfile | undefined): void {
  const { alone = [], targets = [] } = profile ?? {};
  writer.u32(alone.length);
  for (const address of alone) writer.u64(BigInt(address));
  writer.u32(targets.length);
  for (const [jump, known] of targets) {
    writer.u64(BigInt(jump)).u32(known.length);
    for (const target of known) writer.u64(BigInt(target));
  }
}

/** Reads a profile; undefined if there is nothing in it. */
export function readProfile(reader: FieldReader): KeptProfile | undefined {
  const address = (): number => Number(reader.u64());
  const alone = reader.list(address);
  const targets = reader.list(() => [address(), reader.list(address)] as const);
  const isEmpty = alone.length + targets.length === 0;
  return isEmpty ? undefined : { alone, targets };
}
