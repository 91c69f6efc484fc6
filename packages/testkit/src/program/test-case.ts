/** A program with everything that its run depends on. */
import { Decoder, Disassembler, type DisassemblyOptions } from "@isovm/decoder";
import type { RegisterValues } from "../arbitraries/states.ts";
import type { TestProfile } from "../profiles/profile.ts";
import { bytesOf } from "./encoded.ts";
import { codeStart, highDistance, pageBytes } from "./layout.ts";
import { layOut, type PlacedInstruction, type ProgramItem } from "./program.ts";

/** A program, where it stands, and the state that it begins in. */
export interface TestCase {
  readonly items: readonly ProgramItem[];
  readonly registers: RegisterValues;
  /** Chooses the content of the sandbox; zeros for 0. */
  readonly memorySeed: number;
  /** Address of the first instruction. */
  readonly start: number;
  /** Whether only the page of the first instruction is mapped. */
  readonly onePage: boolean;
  /** Whether the code can be written. */
  readonly writableCode?: boolean;
}

/** A test case as engines see it. */
export interface PreparedCase {
  readonly instructions: readonly PlacedInstruction[];
  readonly code: Uint8Array;
  /** Address of the instruction that ends the program. */
  readonly end: bigint;
}

/** The instructions of a test case. */
export function prepare(profile: TestProfile, test: TestCase): PreparedCase {
  const instructions = layOut(profile, test.items);
  const code = bytesOf(instructions, profile.isa.framing.byteOrder);
  const last = instructions.at(-1);
  return { instructions, code, end: BigInt(test.start + (last?.offset ?? 0)) };
}

/** The bytes that the sandbox begins with. */
export function sandboxBytes(seed: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  if (seed === 0) return bytes;
  // A xorshift generator: what matters is that all bytes differ and that the seed repeats them.
  let state = seed | 0;
  for (let index = 0; index < length; index += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[index] = state;
  }
  return bytes;
}

/** The program as assembly lines, with its addresses as comments. */
export function assemblyLines(
  profile: TestProfile,
  test: TestCase,
  options: DisassemblyOptions = {},
): readonly string[] {
  const { isa } = profile;
  const { instructions } = prepare(profile, test);
  const decoder = new Decoder(isa);
  const [comment = "#"] = isa.syntax.comment;
  const address = (offset: number): bigint =>
    BigInt.asUintN(isa.addressWidth, BigInt(test.start + offset));
  // Targets inside the program become labels, so that the text can stand anywhere.
  const places = new Set(instructions.map(({ offset }) => address(offset)));
  const used = new Set<bigint>();
  const symbolAt = (target: bigint): string | undefined => {
    if (!places.has(target)) return undefined;
    used.add(target);
    return `at_${target.toString(16)}`;
  };
  const disassembler = new Disassembler(isa, { symbolAt, ...options });
  const texts = instructions.map(({ bits, sizeBytes, offset }) => {
    const decoded = decoder.decode(bits, sizeBytes);
    return decoded
      ? disassembler.text(decoded, address(offset))
      : `.${sizeBytes}byte 0x${bits.toString(16)}`;
  });
  return instructions.map(({ offset }, index) => {
    const label = used.has(address(offset)) ? `${symbolAt(address(offset))}: ` : "";
    const text = `${label}${texts[index] ?? ""}`;
    return `${text.padEnd(40)} ${comment} ${address(offset).toString(16)}`;
  });
}

/**
 * Addresses where programs may start: the begin of a page, just before the end of one, the same
 * above 4 GiB, and before the last address of 32 bits.
 */
export function startAddresses(addressWidth: 32 | 64): readonly number[] {
  const low = [0, 2, 4, 6, 8, 14, 30, 62].map((before) =>
    before === 0 ? codeStart : codeStart + pageBytes - before,
  );
  if (addressWidth === 32) return [...low, 2 ** 32 - 30, 2 ** 32 - 64];
  return [...low, ...low.map((start) => start + highDistance)];
}
