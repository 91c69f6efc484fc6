/** Builds the devices of a board and wires them. */
import { Bus } from "../bus/bus.ts";
import type {
  Device,
  DeviceClock,
  DeviceCounter,
  DeviceObserver,
  DeviceServices,
  DmaMemory,
  InterruptLine,
} from "../device.ts";
import { DeviceStateError } from "../errors.ts";
import { isInterruptController } from "../interrupt-controller.ts";
import type { Board, InterruptTarget } from "./board.ts";
import { type BoardSize, boardError, checkBoard } from "./check-board.ts";
import { SharedEnd, Wire } from "./wires.ts";

/** What a machine gives to its board. */
export interface BoardServices extends BoardSize {
  readonly clock: DeviceClock;
  readonly counter: DeviceCounter;
  readonly memory: DmaMemory;
  /** An interrupt wire of a hart; the ISA numbers them. */
  hartInterrupt(hart: number, wire: number): InterruptLine;
  readonly observe: DeviceObserver;
}

/** The devices of a machine. */
export interface BuiltBoard {
  readonly bus: Bus;
  /** The devices by their names on the board. */
  readonly devices: ReadonlyMap<string, Device>;
  /** The states of all devices, as plain data (JSON). */
  state(): unknown;
  /**
   * Takes back what `state` returned; the clock, counter and memory have been restored before.
   *
   * @throws DeviceStateError if it is not the state of such a board; some devices may have taken
   * theirs by then.
   */
  restore(state: unknown): void;
  /** Puts all devices back to power-on. */
  reset(): void;
}

/**
 * The devices of a board, on a bus and wired. Each one's alarms and events carry its name on the
 * board.
 *
 * @throws BoardError if ranges overlap each other or RAM, a name is taken twice, a device doesn't
 * fit its range, or a wire ends nowhere.
 */
export function buildBoard(board: Board, services: BoardServices): BuiltBoard {
  checkBoard(board, services);
  const wires = new Map<string, Wire[]>();
  const devices = new Map<string, Device>();
  for (const { name, sizeBytes, device: factory, interrupts = [] } of board.devices) {
    const own = interrupts.map(() => new Wire());
    wires.set(name, own);
    const device = factory(servicesOf(name, services, own));
    if (device.sizeBytes > sizeBytes)
      throw boardError(board, `${name} needs ${device.sizeBytes} bytes of addresses`, name);
    devices.set(name, device);
  }
  const ends = new Ends(board, services, devices);
  for (const { name, interrupts = [] } of board.devices)
    for (const [number, target] of interrupts.entries())
      wires.get(name)?.[number]?.connect(ends.join(name, target));
  const ranges = board.devices.flatMap(({ name, base, sizeBytes }) => {
    const device = devices.get(name);
    return device === undefined ? [] : [{ name, base, sizeBytes, device }];
  });
  return {
    bus: new Bus(ranges, services.observe),
    devices,
    state: () => Object.fromEntries([...devices].map(([name, device]) => [name, device.state()])),
    restore: (state) => restoreAll(board, devices, state),
    reset() {
      for (const [, device] of controllersLast(devices)) device.reset();
    },
  };
}

function servicesOf(name: string, services: BoardServices, wires: readonly Wire[]): DeviceServices {
  const { clock, counter, memory, observe } = services;
  return {
    clock: {
      get nanos() {
        return clock.nanos;
      },
      alarm: (alarm, at, fire) => clock.alarm(`${name}.${alarm}`, at, fire),
    },
    counter,
    memory,
    // A wire that the board connects to nothing ends nowhere.
    interrupt: (number = 0) => wires[number] ?? new Wire(),
    observe: (event) => observe({ ...event, device: name }),
  };
}

/** The ends of wires: inputs of controllers and harts. */
class Ends {
  readonly #board: Board;
  readonly #services: BoardServices;
  readonly #devices: ReadonlyMap<string, Device>;
  readonly #shared = new Map<string, SharedEnd>();

  constructor(board: Board, services: BoardServices, devices: ReadonlyMap<string, Device>) {
    this.#board = board;
    this.#services = services;
    this.#devices = devices;
  }

  join(device: string, target: InterruptTarget): InterruptLine {
    const key = Object.values(target).join(" ");
    const shared = this.#shared.get(key) ?? new SharedEnd(this.#find(device, target));
    this.#shared.set(key, shared);
    return shared.join();
  }

  #find(device: string, target: InterruptTarget): InterruptLine {
    if ("hart" in target) return this.#services.hartInterrupt(target.hart, target.wire);
    const controller = this.#devices.get(target.controller);
    const line =
      controller !== undefined && isInterruptController(controller)
        ? controller.input(target.input)
        : undefined;
    if (line !== undefined) return line;
    throw boardError(
      this.#board,
      `${device} interrupts ${target.controller}, which has no input ${target.input}`,
      device,
    );
  }
}

/**
 * What drives a controller's inputs comes before it, so that it sees their levels change in its old
 * state and not in its new one.
 */
function controllersLast(devices: ReadonlyMap<string, Device>): [string, Device][] {
  return [...devices].toSorted(
    ([, a], [, b]) => Number(isInterruptController(a)) - Number(isInterruptController(b)),
  );
}

function restoreAll(board: Board, devices: ReadonlyMap<string, Device>, state: unknown): void {
  const states = new Map(Object.entries(typeof state === "object" && state !== null ? state : {}));
  for (const [name, device] of controllersLast(devices)) {
    if (!states.has(name))
      throw new DeviceStateError(`${board.name}: no state of ${name}`, { device: name });
    device.restore(states.get(name));
  }
}
