/** The address map of a machine's devices: which one answers at a guest-physical address. */
import type { AccessBytes, Device, DeviceObserver } from "../device.ts";
import { BusMapError } from "../errors.ts";
import { type AddressRange, findRangeProblem } from "./address-ranges.ts";

/** A device and the addresses at which it answers. */
export interface BusRange extends AddressRange {
  /** The device's name on this bus; events carry it. */
  readonly name: string;
  /** The first address, a multiple of 8. */
  readonly base: number;
  /** Bytes of the range; what exceeds the device answers nothing. */
  readonly sizeBytes: number;
  readonly device: Device;
}

/**
 * Devices by guest-physical address. Addresses are numbers below 2^53, values unsigned. Only
 * naturally aligned accesses that lie within one range reach a device; all others, and those that
 * the device has no answer to, fault and are observed.
 */
export class Bus {
  /** The ranges in the order of their addresses. */
  readonly ranges: readonly BusRange[];
  readonly #observe: DeviceObserver;

  /** @throws BusMapError if ranges overlap or leave the address space. */
  constructor(ranges: readonly BusRange[], observe: DeviceObserver) {
    this.ranges = ranges.toSorted((a, b) => a.base - b.base);
    this.#observe = observe;
    const problem = findRangeProblem(ranges);
    if (problem !== undefined) throw new BusMapError(problem.message, { names: problem.names });
  }

  /** The range that an address lies in. */
  find(address: number): BusRange | undefined {
    let low = 0;
    let high = this.ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.ranges[middle]?.base ?? 0) <= address) low = middle + 1;
      else high = middle;
    }
    const range = this.ranges[low - 1];
    return range !== undefined && address - range.base < range.sizeBytes ? range : undefined;
  }

  /** Reads `width` bytes, or undefined: the guest's load faults. */
  read(address: number, width: AccessBytes): bigint | undefined {
    const range = this.#target(address, width);
    if (range === undefined) return undefined;
    const offset = address - range.base;
    const value = range.device.read(offset, width);
    if (value === undefined)
      this.#observe({ device: range.name, kind: "unknownRegister", offset, width });
    return value;
  }

  /** Writes `width` bytes; false: the guest's store faults. */
  write(address: number, width: AccessBytes, value: bigint): boolean {
    const range = this.#target(address, width, value);
    if (range === undefined) return false;
    const offset = address - range.base;
    const done = range.device.write(offset, width, value);
    if (!done) this.#observe({ device: range.name, kind: "unknownRegister", offset, width, value });
    return done;
  }

  #target(address: number, width: AccessBytes, value?: bigint): BusRange | undefined {
    const range = this.find(address);
    const isAligned = address % width === 0;
    if (range !== undefined && isAligned && address + width <= range.base + range.sizeBytes)
      return range;
    this.#observe({
      device: range?.name ?? "bus",
      kind: "unmapped",
      offset: address - (range?.base ?? 0),
      width,
      ...(value === undefined ? {} : { value }),
      ...(isAligned ? {} : { detail: "misaligned" }),
    });
    return undefined;
  }
}
