/** A whole board under a guest that accesses anything at any width. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type AccessBytes,
  type BuiltBoard,
  buildBoard,
  bytesStorage,
  seededRandom,
  type Uart16550,
  virt,
  virtioBlock,
  virtioConsole,
  virtioEntropy,
  virtioMmio,
} from "../index.ts";
import { type TestBoardServices, testBoardServices } from "../test-support.ts";

const size = { harts: 2, memoryBytes: 1 << 20 };

interface Machine extends BuiltBoard {
  readonly services: TestBoardServices;
  /** What left the board. */
  readonly output: unknown[];
}

function machine(nanos = 0n): Machine {
  const output: unknown[] = [];
  const line = { transmit: (bytes: unknown) => void output.push(bytes) };
  const models = [
    virtioBlock(bytesStorage(new Uint8Array(1 << 16))),
    virtioConsole(line),
    virtioEntropy(seededRandom(1)),
  ];
  const board = virt({
    harts: size.harts,
    console: line,
    power: (event) => void output.push(event),
    rtcEpochSeconds: 1_700_000_000,
    virtio: models.map((model) => virtioMmio(model)),
  });
  const services = testBoardServices(size);
  services.clock.nanos = nanos;
  return { services, output, ...buildBoard(board, services) };
}

type Step =
  | { readonly address: number; readonly width: AccessBytes; readonly value?: bigint }
  | { readonly advance: bigint }
  | { readonly input: Uint8Array };

const bases = machine().bus.ranges.map(({ base }) => base);
const contexts = [0xc20_0000, 0xc20_1000, 0xc00_2000, 0xc00_1000];

/** Steps most of which concern one device: a few at each don't get far. */
const steps: fc.Arbitrary<Step[]> = fc
  .constantFrom(...bases)
  .chain((base) => fc.array(stepAt(base), { maxLength: 100 }));

function stepAt(device: number): fc.Arbitrary<Step> {
  const near = fc.tuple(fc.constant(device), fc.nat(0x4f));
  const address = fc.oneof(
    { arbitrary: near, weight: 12 },
    fc.tuple(fc.constantFrom(...bases), fc.integer({ min: -8, max: 0x1_1000 })),
    fc.tuple(fc.constantFrom(...contexts), fc.nat(15)),
    fc.tuple(fc.constant(-8), fc.maxSafeNat()),
  );
  const value = fc.oneof(fc.bigInt(0n, 255n), fc.bigInt(0n, 2n ** 64n - 1n));
  const access = fc.record(
    {
      address: address.map(([base, offset]) => Math.max(0, base + offset)),
      width: fc.constantFrom<AccessBytes[]>(1, 2, 4, 8),
      value,
    },
    { requiredKeys: ["address", "width"] },
  );
  // Most accesses are aligned.
  const aligned = access.map((each) => ({
    ...each,
    address: each.address - (each.address % each.width),
  }));
  return fc.oneof(
    { arbitrary: aligned, weight: 20 },
    { arbitrary: access, weight: 2 },
    fc.record({ advance: fc.bigInt(0n, 10n ** 10n) }),
    fc.record({ input: fc.uint8Array({ maxLength: 30 }) }),
  );
}

/** Does a step; gives all that it shows. */
function perform({ bus, services, output, devices }: Machine, next: Step): unknown {
  output.length = 0;
  services.events.length = 0;
  let result: unknown;
  if ("advance" in next) services.clock.advance(next.advance);
  else if ("input" in next) (devices.get("serial") as Uart16550).receive(next.input);
  else if (next.value === undefined) {
    const value = bus.read(next.address, next.width);
    if (value !== undefined) expect(BigInt.asUintN(8 * next.width, value)).toBe(value);
    result = value;
  } else result = bus.write(next.address, next.width, BigInt.asUintN(8 * next.width, next.value));
  const raised = [...services.levels].filter(([, level]) => level).map(([wire]) => wire);
  return { result, raised: raised.sort(), output: [...output], events: [...services.events] };
}

describe("a board under wild accesses", () => {
  it("stands them, and goes on from its state at any moment as if nothing had happened", () => {
    fc.assert(
      fc.property(steps, steps, (before, after) => {
        const original = machine();
        for (const next of before) perform(original, next);
        const copy = machine(original.services.clock.nanos);
        copy.services.counter.set(original.services.counter.ticks);
        copy.restore(JSON.parse(JSON.stringify(original.state())));
        expect(copy.state()).toEqual(original.state());
        expect(after.map((next) => perform(copy, next))).toEqual(
          after.map((next) => perform(original, next)),
        );
        expect(copy.state()).toEqual(original.state());
      }),
    );
  });
});
