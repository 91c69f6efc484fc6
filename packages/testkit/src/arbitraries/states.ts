/** Architectural states to begin a test program with. */
import { float, type RegisterFileDefinition } from "@isovm/isa-spec";
import fc from "fast-check";
import type { TestProfile } from "../profiles/profile.ts";
import { highDistance, pageBytes, sandbox } from "../program/layout.ts";
import { floatPatterns } from "./float-patterns.ts";
import { integers } from "./integers.ts";

/** The values of all registers by file. */
export type RegisterValues = Readonly<Record<string, readonly bigint[]>>;

/**
 * States: corner cases in every register, addresses of the sandbox in those that hold them, and
 * sometimes other values if they are given.
 */
export function states(
  profile: TestProfile,
  addresses: fc.Arbitrary<bigint> = sandboxAddresses(profile.isa.addressWidth),
  others?: fc.Arbitrary<bigint>,
): fc.Arbitrary<RegisterValues> {
  const files = [...profile.isa.layout.files.values()].map(({ definition }) => definition);
  return fc.record(
    Object.fromEntries(
      files.map((file) => [file.name, fileValues(profile, file, { addresses, others })]),
    ),
  );
}

/**
 * Addresses in the sandbox from where small displacements stay inside of it, mostly; and such from
 * where they reach over the end of a page, into one that can't be written, or out of it.
 */
export function sandboxAddresses(addressWidth: 32 | 64): fc.Arbitrary<bigint> {
  const middle = sandbox.start + pageBytes / 2;
  const edges = [sandbox.start + pageBytes, sandbox.readOnly, sandbox.forbidden, sandbox.end];
  const low = fc
    .oneof(
      { arbitrary: fc.constant(middle), weight: 4 },
      { arbitrary: fc.nat({ max: 255 }).map((index) => middle + 8 * index), weight: 4 },
      { arbitrary: fc.nat({ max: 64 }).map((offset) => middle + offset), weight: 1 },
      {
        arbitrary: fc
          .tuple(fc.constantFrom(...edges), fc.integer({ min: -16, max: 8 }))
          .map(([edge, offset]) => edge + offset),
        weight: 2,
      },
    )
    .map(BigInt);
  if (addressWidth === 32) return low;
  const distance = fc.constantFrom(0n, 0n, BigInt(highDistance));
  return fc.tuple(low, distance).map(([address, above]) => address + above);
}

interface ValueSources {
  readonly addresses: fc.Arbitrary<bigint>;
  readonly others: fc.Arbitrary<bigint> | undefined;
}

function fileValues(
  profile: TestProfile,
  file: RegisterFileDefinition,
  { addresses, others }: ValueSources,
): fc.Arbitrary<readonly bigint[]> {
  const formats = profile.floatFiles[file.name];
  const numbers = formats ? floatRegisters(file.width, formats) : integers(file.width);
  const wrapped = others?.map((value) => BigInt.asUintN(file.width, value));
  const any = wrapped && file.width >= 32 ? fc.oneof(numbers, wrapped) : numbers;
  const usual = profile.usualRegisters[file.name];
  const value = usual ? fc.oneof({ arbitrary: fc.constantFrom(...usual), weight: 7 }, any) : any;
  const holders = profile.sandboxRegisters.filter((register) => register.file === file.name);
  const registers = Array.from({ length: file.count }, (_, register) => {
    if (register === file.zero) return fc.constant(0n);
    return holders.some((holder) => holder.register === register) ? addresses : value;
  });
  const zeros = registers.map((arbitrary) => (arbitrary === addresses ? undefined : 0n));
  return halves(registers, zeros);
}

/**
 * Lists of one value each, in halves that shrink to their zeros at once: a shrinker that had to
 * take one register after the other would take minutes where a try takes an emulator's start.
 */
function halves(
  values: readonly fc.Arbitrary<bigint>[],
  zeros: readonly (bigint | undefined)[],
): fc.Arbitrary<readonly bigint[]> {
  if (values.length <= 2) return fc.tuple(...values);
  const middle = values.length >> 1;
  const [low, high] = [
    halves(values.slice(0, middle), zeros.slice(0, middle)),
    halves(values.slice(middle), zeros.slice(middle)),
  ];
  const both = fc.tuple(low, high).map(([first, second]) => [...first, ...second]);
  const zero = fc.tuple(
    ...values.map((value, index) => {
      const constant = zeros[index];
      return constant === undefined ? value : fc.constant(constant);
    }),
  );
  return fc.oneof(
    { withCrossShrink: true },
    { arbitrary: zero, weight: 1 },
    { arbitrary: both, weight: 60 },
  );
}

/** Values of all formats, narrow ones boxed in ones – and sometimes not quite. */
function floatRegisters(width: number, formats: readonly (16 | 32 | 64)[]): fc.Arbitrary<bigint> {
  const boxed = formats.map((format) => {
    const above = BigInt.asUintN(width, -1n << BigInt(format));
    return floatPatterns(float.formatOf(format)).map((pattern) => above | pattern);
  });
  const narrow = formats.filter((format) => format < width);
  const spoilt = narrow.map((format) =>
    fc
      .tuple(floatPatterns(float.formatOf(format)), fc.integer({ min: format, max: width - 1 }))
      .map(([pattern, bit]) => {
        const above = BigInt.asUintN(width, -1n << BigInt(format));
        return (above | pattern) ^ (1n << BigInt(bit));
      }),
  );
  return fc.oneof(
    { withCrossShrink: true },
    fc.constant(0n),
    ...boxed.map((arbitrary) => ({ arbitrary, weight: 5 })),
    ...spoilt.map((arbitrary) => ({ arbitrary, weight: 1 })),
  );
}
