import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasOracles, runOracle } from "@isovm/testkit/oracle";
import { describe, expect, it } from "vitest";
import {
  type Board,
  BoardError,
  buildBoard,
  type DecodedNode,
  type DeviceFactory,
  decodeDeviceTree,
  deviceTree,
  type PowerEvent,
  seededRandom,
  type Uart16550,
  virt,
  virtioEntropy,
  virtioMmio,
} from "../index.ts";
import { testBoardServices } from "../test-support.ts";

const size = { harts: 2, memoryBytes: 128 << 20 };

const treeOptions = {
  ...size,
  cpu: { compatible: "riscv", "riscv,isa": "rv64imafdc", "mmu-type": "riscv,sv48" },
  timebaseHz: 10_000_000,
};

function virtOf(virtio: readonly (DeviceFactory | undefined)[]): Board {
  return virt({ harts: size.harts, console: { transmit() {} }, power() {}, virtio });
}

function nodesOf(board: Board): Readonly<Record<string, DecodedNode>> {
  return decodeDeviceTree(deviceTree(board, treeOptions)).root.children.soc?.children ?? {};
}

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
    expect(bus.read(0x10_1000, 4)).toBe(1_700_000_000_000_001_000n & 0xffff_ffffn);
    expect(bus.read(0x10_1004, 4)).toBe(1_700_000_000_000_001_000n >> 32n);
  });

  it("takes a received byte through the PLIC to the supervisor of hart 1", () => {
    const { bus, services, devices } = machine();
    bus.write(0x1000_0001, 1, 1n); // The port's interrupt.
    bus.write(0xc00_0000 + 4 * 10, 4, 1n);
    bus.write(0xc00_2000 + 0x80 * 3, 4, 1n << 10n);
    const serial = devices.get("serial") as Uart16550;
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

  it("has eight slots for virtio, and no more", () => {
    const services = testBoardServices(size);
    const withEntropy = virtOf([undefined, virtioMmio(virtioEntropy(seededRandom(1)))]);
    const { bus } = buildBoard(withEntropy, services);
    const ids = Array.from({ length: 8 }, (_, slot) => bus.read(0x1000_1008 + 0x1000 * slot, 4));
    expect(ids).toEqual([0n, 4n, 0n, 0n, 0n, 0n, 0n, 0n]);
    expect(Object.keys(nodesOf(withEntropy)).filter((name) => name.startsWith("virtio"))).toEqual([
      "virtio_mmio@10002000",
    ]);
    expect(() => virtOf(Array(9).fill(undefined))).toThrow(BoardError);
  });

  it("describes itself in a device tree", () => {
    const { board } = machine();
    const { root } = decodeDeviceTree(deviceTree(board, treeOptions));
    const text = new TextDecoder().decode(root.children.chosen?.properties["stdout-path"]);
    expect(text).toBe("/soc/serial@10000000\0");
    const labelled = Object.values(root.children.cpus?.children ?? {}).slice(0, size.harts);
    expect(labelled.map(({ properties }) => properties["riscv,isa"])).toEqual(
      Array(size.harts).fill(new TextEncoder().encode("rv64imafdc\0")),
    );
  });

  describe.skipIf(!hasOracles("qemu-system-riscv64"))("and QEMU's", () => {
    it("have the same nodes for the same devices", async () => {
      const ours = nodesOf(virtOf(Array(8).fill(virtioMmio())));
      const theirs = await qemuNodes();
      for (const [name, { properties }] of Object.entries(ours)) {
        const expected = theirs[name]?.properties ?? {};
        expect([name, resolved(properties)]).toEqual([name, resolved(expected)]);
      }
      expect(Object.keys(theirs).filter((name) => ours[name] === undefined)).toEqual([
        "pci@30000000",
      ]);
    });
  });
});

/**
 * Properties without the numbers of phandles, which don't matter, and without the number of sources,
 * among which QEMU counts the one numbered zero that doesn't exist.
 */
function resolved(properties: Readonly<Record<string, Uint8Array>>): unknown {
  const { phandle: _, "interrupt-parent": parent, "riscv,ndev": __, ...rest } = properties;
  const extended = rest["interrupts-extended"];
  const wires = extended?.filter((_byte, index) => index % 8 >= 4);
  return { ...rest, "interrupts-extended": wires, "interrupt-parent": parent !== undefined };
}

async function qemuNodes(): Promise<Readonly<Record<string, DecodedNode>>> {
  const directory = await mkdtemp(join(tmpdir(), "isovm-"));
  try {
    const file = join(directory, "virt.dtb");
    const args = ["-M", `virt,dumpdtb=${file}`, "-smp", `${size.harts}`, "-display", "none"];
    expect((await runOracle("qemu-system-riscv64", args)).code).toBe(0);
    return decodeDeviceTree(await readFile(file)).root.children.soc?.children ?? {};
  } finally {
    await rm(directory, { recursive: true });
  }
}
