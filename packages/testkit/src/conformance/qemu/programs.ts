/** Programs that QEMU and the engines must agree on. */
import { type Decoded, Decoder } from "@isovm/decoder";
import fc from "fast-check";
import { nearMisses } from "../../arbitraries/instructions.ts";
import {
  instructionItem,
  type ProgramRules,
  programItems,
} from "../../arbitraries/program-items.ts";
import { states } from "../../arbitraries/states.ts";
import type { TestProfile } from "../../profiles/profile.ts";
import { rowNamed } from "../../profiles/rows.ts";
import type { ProgramItem } from "../../program/program.ts";
import { type RowShape, shapeOf } from "../../program/row-shape.ts";
import type { TestCase } from "../../program/test-case.ts";
import { codeAddress, edgeEnd, edgeReadOnly } from "./layout.ts";

/** Instructions that QEMU 7.2 gets wrong, with what it does. */
const knownBugs: Readonly<Record<string, string>> = {
  ctzw: "counts into the upper word: 33 for 1 << 33; mended in QEMU 8.0",
};

/**
 * Programs of up to `maxItems` items, whose sandbox registers hold distances from the centre of
 * their sandbox or addresses at the edge of the accessible.
 *
 * A store-conditional comes with its load-reserved and no store between them: QEMU compares values
 * where isovm has a reservation, and a store-conditional that fails doesn't check permissions
 * there. Both are among the freedoms that the manual gives.
 */
export function oraclePrograms(profile: TestProfile, maxItems: number): fc.Arbitrary<TestCase> {
  const reserves = ({ accesses }: RowShape): boolean =>
    accesses.some(({ statement }) => /^(loadReserved|storeConditional)$/.test(statement));
  const rules: ProgramRules = {
    safe: true,
    rows: (row, shape) =>
      !reserves(shape) &&
      !shape.effects.includes(profile.exitEffect) &&
      !shape.readsRetired &&
      !(row.mnemonic in knownBugs),
  };
  const item = fc.oneof(
    { withCrossShrink: true },
    { arbitrary: programItems(profile, rules), weight: 20 },
    { arbitrary: reservations(profile).map((one) => [one]), weight: 1 },
  );
  const list = fc.array(item, { maxLength: maxItems, size: "max" });
  return fc.record({
    items: fc.tuple(list, lastItem(profile)).map(([items, last]) => [...items.flat(), ...last]),
    registers: states(profile, addresses()),
    memorySeed: fc.nat(),
    start: fc.constant(codeAddress),
    onePage: fc.constant(false),
  });
}

/** Multiples of 8 from the centre, or around the ends of what can be written and read. */
function addresses(): fc.Arbitrary<bigint> {
  const near = fc.integer({ min: -2, max: 1 }).map((step) => 8 * step);
  return fc
    .oneof(
      { arbitrary: fc.nat({ max: 16 }).map((step) => 8 * step), weight: 4 },
      {
        arbitrary: fc
          .tuple(fc.constantFrom(edgeReadOnly, edgeEnd), near)
          .map(([edge, offset]) => edge + offset),
        weight: 1,
      },
    )
    .map(BigInt);
}

/** A load-reserved, computations, and a store-conditional of the same width. */
function reservations(profile: TestProfile): fc.Arbitrary<ProgramItem> {
  const { isa } = profile;
  const between = programItems(profile, {
    safe: true,
    rows: (_, { accesses, jumps, effects, fencesInstructions, readsRetired }) =>
      accesses.length + jumps.length + effects.length === 0 && !fencesInstructions && !readsRetired,
  });
  const sizes = isa.addressWidth === 64 ? ["w", "d"] : ["w"];
  return fc.constantFrom(...sizes).chain((size) => {
    const half = (mnemonic: string): fc.Arbitrary<ProgramItem> =>
      instructionItem(profile, rowNamed(isa, `${mnemonic}.${size}{ordering}`), {
        safe: true,
        bases: () => [8],
      });
    return fc.tuple(half("lr"), fc.array(between, { maxLength: 2 }), half("sc")).map(
      ([first, computations, last]): ProgramItem => ({
        kind: "group",
        body: [first, ...computations.flat().filter(isStraight), last],
      }),
    );
  });
}

function isStraight({ kind }: ProgramItem): boolean {
  return kind === "instruction" || kind === "word";
}

/** An instruction that moves the stack pointer, which only the last one may. */
function lastItem(profile: TestProfile): fc.Arbitrary<readonly ProgramItem[]> {
  const rows = profile.isa.instructions.filter((row) =>
    shapeOf(row).fixedWrites.some(({ register }) => register === 2),
  );
  const items = rows.map((row) => instructionItem(profile, row, { safe: true }));
  if (items.length === 0) return fc.constant([]);
  return fc.oneof(
    { arbitrary: fc.constant([]), weight: 9 },
    { arbitrary: fc.oneof(...items).map((item) => [item]), weight: 1 },
  );
}

/**
 * Programs of single words, hardly or not at all instructions: QEMU must find the same ones
 * illegal. Words that would leave the program or write its conventions' registers are left out.
 */
export function oracleWords(profile: TestProfile, maxItems: number): fc.Arbitrary<TestCase> {
  const decoder = new Decoder(profile.isa);
  const word = nearMisses(profile.isa)
    .filter(({ bits, sizeBytes }) => {
      const length = (bits & 3n) === 3n ? 4 : 2;
      if (length !== sizeBytes || isWholeVectorAccess(bits)) return false;
      const decoded = decoder.decode(bits, sizeBytes);
      return decoded === undefined || isHarmless(profile, decoded);
    })
    .map((one): ProgramItem => ({ kind: "word", word: one }));
  return fc.record({
    items: fc.array(word, { maxLength: maxItems, size: "max" }),
    registers: states(profile, addresses()),
    memorySeed: fc.nat(),
    start: fc.constant(codeAddress),
    onePage: fc.constant(false),
  });
}

/**
 * Loads and stores of whole vector registers, which QEMU 7.2 executes without the V extension: the
 * major opcodes LOAD-FP and STORE-FP with the widths of vector elements.
 */
function isWholeVectorAccess(bits: bigint): boolean {
  const isFloatAccess = (bits & 0x5fn) === 0x07n;
  return isFloatAccess && [0n, 5n, 6n, 7n].includes((bits >> 12n) & 7n);
}

function isHarmless(profile: TestProfile, { row, fields }: Decoded): boolean {
  const { accesses, jumps, effects, readsRetired, fixedWrites } = shapeOf(row);
  if (accesses.length + jumps.length + effects.length + fixedWrites.length > 0) return false;
  if (row.mnemonic in knownBugs) return false;
  // Control registers that isovm's ISA lacks here QEMU may have.
  if (readsRetired || ("csr" in fields && !/^[123]$/.test(`${fields.csr}`))) return false;
  return Object.entries(row.operands).every(([name, { text }]) => {
    if (text.kind !== "register" || text.role === "read") return true;
    const register = text.first + Number(fields[name] ?? 0n);
    return !profile.sandboxRegisters.some(
      (reserved) => reserved.file === text.file.name && reserved.register === register,
    );
  });
}
