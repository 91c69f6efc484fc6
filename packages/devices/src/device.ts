/** What a device is to the machine that it is part of, and what it is given: types only. */

/** Bytes of one access to a device. */
export type AccessBytes = 1 | 2 | 4 | 8;

/**
 * A device behind a range of guest-physical addresses. Values are unsigned, as wide as the access.
 */
export interface Device {
  /** The model, for people: `"uart16550"`. */
  readonly name: string;
  /** Bytes of its address range. */
  readonly sizeBytes: number;
  /**
   * Reads `width` bytes at a byte offset that is a multiple of `width`. Undefined if nothing answers
   * an access of that width there: the guest's load faults then.
   */
  read(offset: number, width: AccessBytes): bigint | undefined;
  /** Writes; false if nothing answers. */
  write(offset: number, width: AccessBytes, value: bigint): boolean;
  /** All that the guest could notice, as plain data (JSON); bytes are base64. */
  state(): unknown;
  /**
   * Takes back what `state` returned.
   *
   * @throws DeviceStateError if it is not the state of such a device.
   */
  restore(state: unknown): void;
  /** Back to power-on. */
  reset(): void;
}

/** A wire from a device to an interrupt controller or a hart. Setting its level again does nothing. */
export interface InterruptLine {
  /** Raises the wire, or lowers it. */
  set(level: boolean): void;
}

/** The machine's time, in nanoseconds since power-on: a function of what the guest executed. */
export interface DeviceClock {
  /** Exact also in the midst of an access. */
  readonly nanos: bigint;
  /**
   * Calls `fire` between two instructions once {@link nanos} has reached `at`; `name` is the
   * owner's, replaces what it asked for before. Undefined cancels.
   */
  alarm(name: string, at: bigint | undefined, fire?: () => void): void;
}

/**
 * The machine's real-time counter: 64 bits, which harts read as their time. It goes on with
 * {@link DeviceClock.nanos}, and there is one, so that a device through which the guest sets it
 * moves it for all.
 */
export interface DeviceCounter {
  /** Its value. */
  readonly ticks: bigint;
  /** Nanoseconds from one value to the next. */
  readonly tickNanos: bigint;
  /** Sets it; undefined is what it would be if nobody had set it. */
  set(ticks: bigint | undefined): void;
}

/** Guest-physical memory for devices that access it by themselves. */
export interface DmaMemory {
  /** A copy of the bytes, or undefined if not all of them are RAM. */
  read(address: number, sizeBytes: number): Uint8Array | undefined;
  /** False, and nothing written, if not all of it is RAM. */
  write(address: number, bytes: Uint8Array): boolean;
}

/**
 * Something that the guest did and that no device defines, or that a device could not do for the
 * guest because the host's end of it failed (`hostFailure`); observed, never thrown.
 */
export interface DeviceEvent {
  readonly device: string;
  readonly kind: "unknownRegister" | "invalidValue" | "malformedQueue" | "unmapped" | "hostFailure";
  readonly offset: number;
  readonly width?: AccessBytes;
  readonly value?: bigint;
  readonly detail?: string;
}

/** Is told of {@link DeviceEvent}s. */
export type DeviceObserver = (event: DeviceEvent) => void;

/** What the machine gives to each device when it is built. */
export interface DeviceServices {
  readonly clock: DeviceClock;
  readonly counter: DeviceCounter;
  readonly memory: DmaMemory;
  /** The device's interrupt wires, by their number at the device; most have one, number 0. */
  interrupt(wire?: number): InterruptLine;
  readonly observe: DeviceObserver;
}

/** Makes a device: what a board holds. Host-side ends (sinks, storage, links) are its arguments. */
export type DeviceFactory = (services: DeviceServices) => Device;
