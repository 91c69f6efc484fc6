/** The board's registers against those of QEMU's, accessed by its qtest protocol while it stands still. */
import { hasOracles, runOracle } from "@isovm/testkit/oracle";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AccessBytes, type Bus, buildBoard, virt } from "../index.ts";
import { testBoardServices } from "../test-support.ts";

interface Access {
  readonly address: number;
  readonly width: AccessBytes;
  /** What is written; undefined for a read. */
  readonly value?: bigint;
}

const suffix = { 1: "b", 2: "w", 4: "l", 8: "q" } as const;
const rtcEpochSeconds = Date.UTC(2023, 10, 14, 22, 13, 20) / 1000;

function ourBus(): Bus {
  const options = { console: { transmit() {} }, power() {}, rtcEpochSeconds };
  return buildBoard(virt(options), testBoardServices({ harts: 1, memoryBytes: 1 << 27 })).bus;
}

function ourAnswers(accesses: readonly Access[]): (bigint | undefined)[] {
  const bus = ourBus();
  return accesses.map(({ address, width, value }) => {
    if (value === undefined) return bus.read(address, width);
    expect(bus.write(address, width, value)).toBe(true);
    return undefined;
  });
}

async function qemuAnswers(accesses: readonly Access[]): Promise<(bigint | undefined)[]> {
  const commands = accesses.map(({ address, width, value }) =>
    value === undefined
      ? `read${suffix[width]} ${address}`
      : `write${suffix[width]} ${address} ${value}`,
  );
  const options = [
    "-S",
    "-display",
    "none",
    "-monitor",
    "none",
    "-serial",
    "null",
    "-bios",
    "none",
  ];
  const clock = ["-rtc", "base=2023-11-14T22:13:20,clock=vm"];
  const result = await runOracle(
    "qemu-system-riscv64",
    ["-M", "virt", ...options, ...clock, "-qtest", "stdio", "-qtest-log", "none"],
    // It ends by the power switch.
    { stdin: `${[...commands, `writel ${0x10_0000} ${0x5555}`].join("\n")}\n` },
  );
  const lines = new TextDecoder()
    .decode(result.stdout)
    .trim()
    .split("\n")
    .slice(0, accesses.length);
  return lines.map((line) => {
    const [status, value] = line.split(" ");
    expect(status).toBe("OK");
    return value === undefined ? undefined : BigInt(value);
  });
}

function shown(accesses: readonly Access[], answers: readonly (bigint | undefined)[]): string[] {
  return accesses.map(({ address, width, value }, index) => {
    const name = `${suffix[width]} 0x${address.toString(16)}`;
    return value === undefined
      ? `read${name} = 0x${answers[index]?.toString(16)}`
      : `write${name} 0x${value.toString(16)}`;
  });
}

/** Accesses at some offsets, of some widths; writes with values that may depend on the offset. */
function accesses(
  base: number,
  offsets: readonly number[],
  widths: readonly AccessBytes[],
  valueAt: (offset: number, width: AccessBytes) => fc.Arbitrary<bigint> = (_, width) =>
    fc.bigInt(0n, 2n ** BigInt(8 * width) - 1n),
): fc.Arbitrary<Access> {
  return fc
    .tuple(fc.constantFrom(...offsets), fc.constantFrom(...widths), fc.boolean())
    .filter(([offset, width]) => offset % width === 0)
    .chain(([offset, width, isRead]): fc.Arbitrary<Access> => {
      const access = { address: base + offset, width };
      return isRead
        ? fc.constant(access)
        : valueAt(offset, width).map((value) => ({ ...access, value }));
    });
}

/** After some accesses, which settle what differs at power-on, all others have the same effect. */
async function expectEqual(access: fc.Arbitrary<Access>, first: readonly Access[]): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(access, { minLength: 100, maxLength: 400 }), async (further) => {
      const sequence = [...first, ...further];
      const theirs = shown(sequence, await qemuAnswers(sequence));
      expect(shown(sequence, ourAnswers(sequence))).toEqual(theirs);
    }),
    { numRuns: 10, endOnFailure: true },
  );
}

describe.skipIf(!hasOracles("qemu-system-riscv64"))("the virt board's registers and QEMU's", () => {
  it("agree on the serial port", async () => {
    const byte = (offset: number): fc.Arbitrary<bigint> => {
      // Modem interrupts: QEMU doesn't see changes in loopback.
      if (offset === 1) return fc.bigInt(0n, 0xffn).map((value) => value & ~8n);
      // FCR: bits without the enabling one count in QEMU.
      if (offset === 2) return fc.bigInt(0n, 0xffn).map((value) => (value & 1n) * value);
      return fc.bigInt(0n, 0xffn);
    };
    const pending = fc.constant<Access>({ address: 0xc00_1000, width: 4 });
    // All but MSR, for the same reason.
    const access = accesses(0x1000_0000, [0, 1, 2, 3, 4, 5, 7], [1], byte);
    // QEMU starts with OUT2 on and 9600 baud.
    const first = [
      [4, 0n],
      [3, 0x80n],
      [0, 0n],
      [1, 0n],
      [3, 0n],
    ] as const;
    await expectEqual(
      fc.oneof({ arbitrary: access, weight: 9 }, pending),
      first.map(([offset, value]) => ({ address: 0x1000_0000 + offset, width: 1, value })),
    );
  });

  it("agree on the core-local interruptor", async () => {
    const access = accesses(0x200_0000, [0, 0x4000, 0x4004, 0xbff8, 0xbffc], [4, 8]);
    // QEMU's timer starts at zero; the specification leaves it open.
    const first: Access = { address: 0x200_4000, width: 8, value: 2n ** 64n - 1n };
    await expectEqual(
      access.filter(({ address, width }) => width === 4 || address !== 0x200_0000),
      [first],
    );
  });

  it("agree on the interrupt controller", async () => {
    const registers = [4, 8, 0x28, 0x17c, 0x1000, 0x1008, 0x2000, 0x2084, 0x2088];
    const contexts = [0x20_0000, 0x20_1000];
    await expectEqual(
      accesses(0xc00_0000, [...registers, ...contexts], [4], () =>
        // QEMU keeps the enable bit of the source zero that doesn't exist.
        fc.bigInt(0n, 0xffff_ffffn).map((value) => value & ~1n),
      ),
      [],
    );
  });

  it("agree on the real-time clock", async () => {
    await expectEqual(accesses(0x10_1000, [0, 4, 8, 0xc, 0x10, 0x14, 0x18, 0x1c], [4]), []);
  });
});
