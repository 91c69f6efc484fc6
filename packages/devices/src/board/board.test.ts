import { describe, expect, it } from "vitest";
import {
  type Board,
  type BoardDevice,
  BoardError,
  buildBoard,
  type Device,
  type DeviceServices,
  DeviceStateError,
  deviceTree,
  type InterruptTarget,
  nullServices,
  plic,
} from "../index.ts";
import { testBoardServices } from "../test-support.ts";

const size = { harts: 2, memoryBytes: 0x1000 };

/** A device whose registers are its wires' levels, and which keeps what it was given. */
function switches(given: DeviceServices[] = []) {
  return (services: DeviceServices): Device => {
    given.push(services);
    let levels = [0n, 0n];
    const drive = () =>
      levels.forEach((level, wire) => {
        services.interrupt(wire).set(level === 1n);
      });
    return {
      name: "switches",
      sizeBytes: 2,
      read: (offset) => levels[offset],
      write(offset, _width, value) {
        levels[offset] = value & 1n;
        drive();
        return true;
      },
      state: () => levels.map(String),
      restore(state) {
        levels = (state as string[]).map(BigInt);
        drive();
      },
      reset() {
        levels = [0n, 0n];
        drive();
      },
    };
  };
}

function switchesAt(
  name: string,
  base: number,
  interrupts: readonly InterruptTarget[] = [],
): BoardDevice {
  return { name, base, sizeBytes: 8, device: switches(), interrupts, node: { kind: "switches" } };
}

const controller: BoardDevice = {
  name: "plic",
  base: 0xc00_0000,
  sizeBytes: 0x60_0000,
  device: plic({ sources: 8, contexts: 1 }),
  interrupts: [{ hart: 0, wire: 11 }],
  node: { kind: "plic" },
};

const boardOf = (...devices: BoardDevice[]): Board => ({
  name: "acme,board",
  compatible: ["acme,board"],
  ramBase: 0x8000_0000,
  devices,
});

function raised(levels: ReadonlyMap<string, boolean>): string[] {
  return [...levels].flatMap(([wire, level]) => (level ? [wire] : [])).sort();
}

describe("a board", () => {
  it("connects wires to harts and to inputs of controllers, some of them shared", () => {
    const input = (number: number): InterruptTarget => ({ controller: "plic", input: number });
    // Before the controller, and after it.
    const board = boardOf(
      switchesAt("a", 0, [input(3), { hart: 1, wire: 5 }]),
      controller,
      switchesAt("b", 8, [input(3)]),
    );
    const services = testBoardServices(size);
    const { bus } = buildBoard(board, services);
    expect(raised(services.levels)).toEqual([]);
    bus.write(1, 1, 1n);
    expect(raised(services.levels)).toEqual(["1.5"]);
    bus.write(0xc00_000c, 4, 1n);
    bus.write(0xc00_2000, 4, 0xffn);
    bus.write(0, 1, 1n);
    expect(raised(services.levels)).toEqual(["0.11", "1.5"]);
    expect(bus.read(0xc20_0004, 4)).toBe(3n);
    bus.write(8, 1, 1n);
    bus.write(0, 1, 0n);
    bus.write(0xc20_0004, 4, 3n);
    expect(raised(services.levels)).toEqual(["0.11", "1.5"]);
    expect(bus.read(0xc20_0004, 4)).toBe(3n);
    bus.write(8, 1, 0n);
    bus.write(0xc20_0004, 4, 3n);
    expect(raised(services.levels)).toEqual(["1.5"]);
    bus.write(9, 1, 1n); // A wire that goes nowhere.
    expect(raised(services.levels)).toEqual(["1.5"]);
  });

  it("tells alarms and events of its devices apart", () => {
    const given: DeviceServices[] = [];
    const services = testBoardServices(size);
    const device = switches(given);
    buildBoard(
      boardOf(
        { name: "a", base: 0, sizeBytes: 8, device },
        { name: "b", base: 8, sizeBytes: 8, device },
      ),
      services,
    );
    const fired: string[] = [];
    for (const [index, { clock, observe }] of given.entries()) {
      clock.alarm("same", 5n, () => void fired.push(String(index)));
      observe({ device: "switches", kind: "invalidValue", offset: index });
    }
    services.clock.advance(5n);
    expect(fired).toEqual(["0", "1"]);
    expect(given[1]?.clock.nanos).toBe(5n);
    expect(services.events.map(({ device }) => device)).toEqual(["a", "b"]);
  });

  it("goes on from its state, and is as new after a reset", () => {
    const board = boardOf(
      controller,
      switchesAt("a", 0, [{ controller: "plic", input: 1 }]),
      switchesAt("b", 8, [{ hart: 1, wire: 3 }]),
    );
    const original = buildBoard(board, testBoardServices(size));
    const fresh = original.state();
    original.bus.write(0xc00_0004, 4, 1n);
    original.bus.write(0xc00_2000, 4, 2n);
    original.bus.write(0, 1, 1n);
    original.bus.write(8, 1, 1n);
    const services = testBoardServices(size);
    const copy = buildBoard(board, services);
    copy.restore(JSON.parse(JSON.stringify(original.state())));
    expect(copy.state()).toEqual(original.state());
    expect(raised(services.levels)).toEqual(["0.11", "1.3"]);
    copy.reset();
    expect(raised(services.levels)).toEqual([]);
    expect(copy.state()).toEqual(fresh);
  });

  it("takes no state of another board", () => {
    const { restore } = buildBoard(boardOf(switchesAt("a", 0)), testBoardServices(size));
    for (const state of [undefined, null, 7, {}, { b: [] }])
      expect(() => restore(state)).toThrow(DeviceStateError);
  });

  it.each<[string, Board]>([
    ["a and b overlap", boardOf(switchesAt("a", 0), { ...switchesAt("b", 0), sizeBytes: 1 })],
    ["a and RAM overlap", boardOf({ ...switchesAt("a", 0x7fff_fff8), sizeBytes: 16 })],
    ["RAM and a overlap", boardOf(switchesAt("a", 0x8000_0ff8))],
    ["two devices have the same name", boardOf(switchesAt("a", 0), switchesAt("a", 8))],
    ["a interrupts hart 2 of 2", boardOf(switchesAt("a", 0, [{ hart: 2, wire: 0 }]))],
    ["a interrupts x, which isn't", boardOf(switchesAt("a", 0, [{ controller: "x", input: 0 }]))],
    ["no device x to be the console", { ...boardOf(), stdout: "x" }],
    ["a: no range of 8 bytes at 4", boardOf(switchesAt("a", 4))],
    ["a: no range of 8 bytes at -8", boardOf(switchesAt("a", -8))],
    ["a: no range of 0 bytes at 0", boardOf({ ...switchesAt("a", 0), sizeBytes: 0 })],
  ])("is neither built nor described where %s", (message, board) => {
    expect(() => buildBoard(board, nullServices(size))).toThrow(`acme,board: ${message}`);
    const options = { ...size, cpu: {}, timebaseHz: 1 };
    expect(() => deviceTree(board, options)).toThrow(BoardError);
  });

  it.each<[string, Board]>([
    ["a needs 2 bytes", boardOf({ ...switchesAt("a", 0), sizeBytes: 1 })],
    [
      "a interrupts plic, which has no input 9",
      boardOf(controller, switchesAt("a", 0, [{ controller: "plic", input: 9 }])),
    ],
    [
      "a interrupts b, which has no input 0",
      boardOf(switchesAt("a", 0, [{ controller: "b", input: 0 }]), switchesAt("b", 8)),
    ],
  ])("is not built where %s", (message, board) => {
    expect(() => buildBoard(board, nullServices(size))).toThrow(BoardError);
    expect(() => buildBoard(board, nullServices(size))).toThrow(message);
  });
});
