/** What a run has learnt about a program, for the next one: samples, and how its code behaves. */
import type { FieldReader, FieldWriter } from "./bytes.ts";

/**
 * Where a program spends time that is not translated yet, and what to know when it is. Addresses are
 * those of the guest; nothing that a guest computes depends on any of it.
 */
export interface KeptProfile {
  /** Samples by address, those of earlier runs included. */
  readonly samples: readonly (readonly [address: number, count: number])[];
  /** Instructions whose memory accesses are looked up, each on its own. */
  readonly alone: readonly number[];
  /** Indirect jumps, and where they were seen to go. */
  readonly targets: readonly (readonly [jump: number, targets: readonly number[]])[];
}

/** Samples in a profile. */
export function sampleCount({ samples }: KeptProfile): number {
  return samples.reduce((sum, [, count]) => sum + count, 0);
}

/** Writes a profile. */
export function writeProfile(writer: FieldWriter, profile: KeptProfile | undefined): void {
  const { samples = [], alone = [], targets = [] } = profile ?? {};
  writer.u32(samples.length);
  for (const [address, count] of samples) writer.u64(BigInt(address)).u32(count);
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
  const samples = reader.list(() => [address(), reader.u32()] as const);
  const alone = reader.list(address);
  const targets = reader.list(() => [address(), reader.list(address)] as const);
  const isEmpty = samples.length + alone.length + targets.length === 0;
  return isEmpty ? undefined : { samples, alone, targets };
}
