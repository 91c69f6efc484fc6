/**
 * No system call with whatever arguments may throw, hang or harm the host: random calls, whose
 * arguments are mostly plausible for their kind, and else from the corners of every type.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ArgumentKind } from "./syscalls/definition.ts";
import * as kind from "./syscalls/kinds.ts";
import { systemCallFamilies } from "./syscalls/table.ts";
import type { GuestView } from "./testing/fake-machine.ts";
import { FakeMachine, StuckError } from "./testing/fake-machine.ts";

// These leave the program at an address where it has no code, end it, or have no generic number.
const excluded = new Set([
  "rt_sigreturn",
  "exit",
  "exit_group",
  "llseek",
  "riscv_flush_icache",
  "riscv_hwprobe",
]);
const calls = systemCallFamilies
  .flatMap((family) => family.calls)
  .filter(({ name }) => !excluded.has(name));

const SCRATCH = 0x100000n;
/** What `prepare` leaves in scratch memory, at multiples of 0x100. */
const places = {
  zeros: 0x0n,
  random: 0x400n,
  smallWords: 0x1000n,
  vector: 0x1100n,
  paths: 0x1200n,
  address: 0x1300n,
  polls: 0x1400n,
  message: 0x1500n,
  signals: 0x1600n,
  page: 0x4000n,
} as const;
const paths = [
  "/tmp/file",
  "/tmp",
  "/tmp/link",
  "/tmp/new",
  "/proc/self/fd/0",
  "/dev/null",
  "",
  "x",
];

function prepare(guest: GuestView, random: Uint8Array): void {
  guest.reserve(0x8000);
  const { space } = guest;
  const base = Number(SCRATCH);
  const wordBytes = guest.thread.process.memory.guest.model.wordBytes;
  const words = (at: bigint, values: readonly bigint[]): void => {
    for (const [index, value] of values.entries()) {
      const address = base + Number(at) + index * wordBytes;
      if (wordBytes === 8) space.storeU64(address, value);
      else space.storeU32(address, Number(value));
    }
  };
  space.write(base + Number(places.random), random);
  words(places.smallWords, [1n, 1n, 2n, 3n, 0n, 1n, 0n, 5n]);
  words(places.vector, [SCRATCH, 16n, SCRATCH + 0x400n, 0n, SCRATCH + 0x4000n, 64n]);
  for (const [index, path] of paths.entries()) {
    const bytes = new TextEncoder().encode(`${path}\0`);
    space.write(base + Number(places.paths) + index * 0x20, bytes);
  }
  space.write(base + Number(places.address), new TextEncoder().encode("\u0001\0/tmp/sock\0"));
  for (const [index, fd] of [3, 4, 5, 6].entries()) {
    space.storeU32(base + Number(places.polls) + index * 8, fd);
    space.storeU32(base + Number(places.polls) + index * 8 + 4, 5);
  }
  words(places.message, [0n, 0n, SCRATCH + places.vector, 2n, SCRATCH + places.page, 64n, 0n]);
  words(places.signals, [1n << 13n, 0n, 0n]);
}

const anything = fc.oneof(
  fc.integer({ min: 0, max: 62 }).map((bit) => 1n << BigInt(bit)),
  fc.constantFrom(
    0n,
    -1n,
    -100n,
    -4096n,
    0x1ff000n,
    0x1fffffn,
    (1n << 63n) - 1n,
    1n << 63n,
    (1n << 47n) - 1n,
    (1n << 47n) - 4096n,
    0xffff_ffffn,
    0x8000_0000n,
    4096n,
    65536n,
  ),
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
);
const small = fc.bigInt({ min: -1n, max: 12n });
const place = fc.oneof(
  fc.constantFrom(...Object.values(places)).map((offset) => SCRATCH + offset),
  fc.bigInt({ min: 0n, max: 0x7fffn }).map((offset) => SCRATCH + (offset & ~7n)),
  fc.constant(0n),
);
const pathPlace = fc
  .integer({ min: 0, max: paths.length - 1 })
  .map((index) => SCRATCH + places.paths + BigInt(index * 0x20));
const length = fc.constantFrom(0n, 1n, 8n, 16n, 24n, 64n, 128n, 4096n, 8192n, 0x10000n);

type AnyKind = ArgumentKind<number> | ArgumentKind<bigint>;
const plausible = new Map<AnyKind, fc.Arbitrary<bigint>>([
  [kind.fd, small],
  [kind.directoryFd, fc.oneof(fc.constant(-100n), small)],
  [kind.path, pathPlace],
  [kind.pointer, place],
  [kind.size, length],
  [kind.offset, fc.constantFrom(0n, 1n, 4096n, 5n, -1n)],
  [kind.signal, fc.constantFrom(0n, 10n, 17n, 18n, 13n, 34n, 64n, 65n)],
  [kind.int, fc.oneof(small, fc.constantFrom(100n, 101n))],
]);

function argument(of: AnyKind): fc.Arbitrary<bigint> {
  const usual = plausible.get(of) ?? fc.oneof(fc.constant(0n), small, place);
  return fc.oneof({ weight: 8, arbitrary: usual }, { weight: 1, arbitrary: anything });
}

const step = fc
  .constantFrom(...calls)
  .chain(({ name, parameters }) =>
    fc
      .tuple(...parameters.map(([, of]) => argument(of)))
      .map((args) => ({ name, args: args as readonly bigint[] })),
  );

function run(
  steps: readonly { name: string; args: readonly bigint[] }[],
  random: Uint8Array,
  wordBytes: 4 | 8,
): void {
  const machine = new FakeMachine({
    wordBytes,
    files: {
      "tmp/file": { contents: "some contents of a file\n" },
      "tmp/link": { target: "file" },
    },
    fallback: function* () {
      yield ["exit_group", 0];
    },
    kernel: { limits: { files: 64, threads: 8 } },
  });
  try {
    machine.run(function* (guest) {
      prepare(guest, random);
      const ends = SCRATCH + 0x2000n;
      yield ["pipe2", ends, 0o4000];
      yield ["openat", -100, SCRATCH + places.paths, 2, 0];
      yield ["openat", -100, SCRATCH + places.paths + 0x20n, 0o200000, 0];
      yield ["epoll_create1", 0];
      yield ["eventfd2", 1, 0o4000];
      yield ["timerfd_create", 1, 0o4000];
      yield ["socketpair", 1, 1, 0, ends];
      yield ["mmap", SCRATCH + 0x100000n, 0x4000, 3, 0x21, -1, 0];
      for (const { name, args } of steps) {
        if (wordBytes === 4 && !machine.has(name)) continue;
        yield [name, ...args];
      }
    });
  } catch (error) {
    // Waiting for ever is a guest's good right.
    if (!(error instanceof StuckError)) throw error;
  }
  for (const line of machine.trace) expect(typeof line).toBe("string");
}

describe("a hostile guest", () => {
  for (const wordBytes of [8, 4] as const) {
    it(`of ${wordBytes * 8} bits does no harm`, () => {
      fc.assert(
        fc.property(
          fc.array(step, { minLength: 1, maxLength: 60, size: "max" }),
          fc.uint8Array({ minLength: 0x800, maxLength: 0x800 }),
          (steps, random) => run(steps, random, wordBytes),
        ),
        { numRuns: Number(process.env.FUZZ_RUNS ?? 150) },
      );
    }, 120_000);
  }
});
