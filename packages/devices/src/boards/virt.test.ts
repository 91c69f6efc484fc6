import { describe, expect, it } from "vitest";
import { buildBoard, decodeDeviceTree, deviceTree, type PowerEvent, virt } from "../index.ts";
import { testBoardServices } from "../test-support.ts";

const size = { harts: 2, memoryBytes: 128 << 20 };

function machine() {
  const sent: number[] = [];
  const events: PowerEvent[] = [];
  const board = virt({
    harts: size.harts,
    console: { transmit: (byte) => void sent.push(byte) },
    power: (event) => void events.push(event),
    rtcEpochSeconds: 1_700_000_000,
  });
  const services = testBoardServices(size);
  return { sent, power: events, board, services, ...buildBoard(board, services) };
}

describe("the virt board", () => {
  it("has its devices where QEMU's board has them", () => {
    const { bus, sent, power, services } = machine();
    bus.write(0x1000_0000, 1, 0x41n);
    expect(sent).toEqual([0x41]);
    bus.write(0x10_0000, 4, 0x0007_3333n);
    bus.write(0x10_0000, 4, 0x7777n);
    bus.write(0x10_0000, 4, 0x5555n);
    expect(power).toEqual([
      { kind: "poweroff", code: 7 },
      { kind: "reset" },
      { kind: "poweroff", code: 0 },
    ]);
    services.clock.advance(1_000n);
    expect(bus.read(0x200_bff8, 8)).toBe(10n);
    expect(bus.read(0x10_1000, 4)).toBe((1_700_000_000_000_001_000n & 0xffff_ffffn) as bigint);
    expect(bus.read(0x10_1004, 4)).toBe(1_700_000_000_000_001_000n >> 32n);
  });

  it("takes a received byte through the PLIC to the supervisor of hart 1", () => {
    const { bus, services, devices } = machine();
    bus.write(0x1000_0001, 1, 1n); // The port's interrupt.
    bus.write(0xc00_0000 + 4 * 10, 4, 1n);
    bus.write(0xc00_2000 + 0x80 * 3, 4, 1n << 10n);
    const serial = devices.get("serial") as ReturnType<
      ReturnType<typeof import("../index.ts").uart16550>
    >;
    serial.receive(Uint8Array.of(0x61));
    expect([...services.levels].filter(([, level]) => level)).toEqual([["1.9", true]]);
    expect(bus.read(0xc20_3004, 4)).toBe(10n);
    expect(services.levels.get("1.9")).toBe(false);
    expect(bus.read(0x1000_0000, 1)).toBe(0x61n);
    bus.write(0xc20_3004, 4, 10n);
    expect(services.levels.get("1.9")).toBe(false);
  });

  it("raises a hart's timer and software interrupts", () => {
    const { bus, services } = machine();
    bus.write(0x200_4008, 8, 5n);
    bus.write(0x200_0000, 4, 1n);
    expect(services.levels.get("0.3")).toBe(true);
    expect(services.levels.get("1.7")).toBe(false);
    services.clock.advance(499n);
    expect(services.levels.get("1.7")).toBe(false);
    services.clock.advance(1n);
    expect(services.levels.get("1.7")).toBe(true);
  });

  it("describes itself in a device tree", () => {
    const { board } = machine();
    const { root } = decodeDeviceTree(
      deviceTree(board, {
        ...size,
        cpu: { compatible: "riscv", "riscv,isa": "rv64imafdc", "mmu-type": "riscv,sv48" },
        timebaseHz: 10_000_000,
        bootargs: "console=ttyS0",
      }),
    );
    expect(Object.keys(root.children.soc?.children ?? {})).toEqual([
      "test@100000",
      "rtc@101000",
      "clint@2000000",
      "plic@c000000",
      "serial@10000000",
    ]);
    expect(new TextDecoder().decode(root.children.chosen?.properties["stdout-path"])).toBe(
      "/soc/serial@10000000\0",
    );
  });
});
