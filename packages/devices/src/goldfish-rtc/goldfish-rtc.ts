/**
 * The goldfish real-time clock: nanoseconds since 1970, and one alarm.
 *
 * @see https://android.googlesource.com/platform/external/qemu/+/master/docs/GOLDFISH-VIRTUAL-HARDWARE.TXT "Goldfish real-time clock"
 */
import type { AccessBytes, Device, DeviceServices, InterruptLine } from "../device.ts";
import { StateReader } from "../state-reader.ts";

const register = {
  timeLow: 0x00,
  timeHigh: 0x04,
  alarmLow: 0x08,
  alarmHigh: 0x0c,
  interruptEnable: 0x10,
  clearAlarm: 0x14,
  alarmStatus: 0x18,
  clearInterrupt: 0x1c,
} as const;

const low = 0xffff_ffffn;

/** What {@link goldfishRtc} can be told. */
export interface GoldfishRtcOptions {
  /** Seconds since 1970 at power-on: 0 by default. */
  readonly epochSeconds?: number;
}

/**
 * The factory of a real-time clock that starts at an injected time and goes on with the machine's
 * clock. Registers take 32-bit accesses.
 */
export function goldfishRtc({
  epochSeconds = 0,
}: GoldfishRtcOptions = {}): (services: DeviceServices) => Device {
  return (services) => new GoldfishRtc(services, BigInt(Math.round(epochSeconds * 1e9)));
}

class GoldfishRtc implements Device {
  readonly name: string = "goldfishRtc";
  readonly sizeBytes: number = 0x20;
  readonly #services: DeviceServices;
  readonly #interrupt: InterruptLine;
  readonly #epochNanos: bigint;
  /** The time of day when the machine's clock was at zero. */
  #origin: bigint;
  /** The upper half of the time when its lower one was read last. */
  #latchedHigh = 0n;
  #alarm = 0n;
  /** When the clock reaches the alarm; undefined unless it is armed. */
  #due: bigint | undefined;
  #isEnabled = false;
  #isPending = false;

  constructor(services: DeviceServices, epochNanos: bigint) {
    this.#services = services;
    this.#interrupt = services.interrupt();
    this.#epochNanos = epochNanos;
    this.#origin = epochNanos;
  }

  read(offset: number, width: AccessBytes): bigint | undefined {
    if (width !== 4) return undefined;
    switch (offset) {
      case register.timeLow: {
        const time = this.#time();
        this.#latchedHigh = time >> 32n;
        return time & low;
      }
      case register.timeHigh:
        return this.#latchedHigh;
      case register.alarmLow:
        return this.#alarm & low;
      case register.alarmHigh:
        return this.#alarm >> 32n;
      case register.interruptEnable:
        return this.#isEnabled ? 1n : 0n;
      case register.alarmStatus:
        return this.#due === undefined ? 0n : 1n;
      case register.clearAlarm:
      case register.clearInterrupt:
        return 0n;
      default:
        return undefined;
    }
  }

  write(offset: number, width: AccessBytes, value: bigint): boolean {
    if (width !== 4) return false;
    switch (offset) {
      case register.timeLow:
        this.#setTime(withLow(this.#time(), value));
        break;
      case register.timeHigh:
        this.#setTime(withHigh(this.#time(), value));
        break;
      case register.alarmLow:
        // Arms; drivers have written the upper half by now. That and the time don't move it later.
        this.#alarm = withLow(this.#alarm, value);
        this.#due = this.#services.clock.nanos + this.#alarm - this.#time();
        break;
      case register.alarmHigh:
        this.#alarm = withHigh(this.#alarm, value);
        break;
      case register.interruptEnable:
        this.#isEnabled = (value & 1n) === 1n;
        break;
      case register.clearAlarm:
        this.#due = undefined;
        break;
      case register.clearInterrupt:
        this.#isPending = false;
        break;
      case register.alarmStatus:
        break; // Read-only.
      default:
        return false;
    }
    this.#update();
    return true;
  }

  state(): unknown {
    return {
      origin: String(this.#origin),
      latchedHigh: String(this.#latchedHigh),
      alarm: String(this.#alarm),
      due: this.#due === undefined ? null : String(this.#due),
      isEnabled: this.#isEnabled,
      isPending: this.#isPending,
    };
  }

  restore(state: unknown): void {
    const reader = new StateReader(this.name, state);
    const next = {
      origin: reader.integer("origin"),
      latchedHigh: reader.integer("latchedHigh"),
      alarm: reader.integer("alarm"),
      due: reader.optionalInteger("due"),
      isEnabled: reader.boolean("isEnabled"),
      isPending: reader.boolean("isPending"),
    };
    this.#origin = next.origin;
    this.#latchedHigh = BigInt.asUintN(32, next.latchedHigh);
    this.#alarm = BigInt.asUintN(64, next.alarm);
    this.#due = next.due;
    this.#isEnabled = next.isEnabled;
    this.#isPending = next.isPending;
    this.#update();
  }

  reset(): void {
    this.#origin = this.#epochNanos;
    this.#latchedHigh = 0n;
    this.#alarm = 0n;
    this.#due = undefined;
    this.#isEnabled = false;
    this.#isPending = false;
    this.#update();
  }

  #time(): bigint {
    return BigInt.asUintN(64, this.#origin + this.#services.clock.nanos);
  }

  #setTime(time: bigint): void {
    this.#origin = time - this.#services.clock.nanos;
  }

  #update(): void {
    const { clock } = this.#services;
    if (this.#due !== undefined && this.#due <= clock.nanos) {
      this.#due = undefined;
      this.#isPending = true;
    }
    this.#interrupt.set(this.#isPending && this.#isEnabled);
    clock.alarm("alarm", this.#due, () => this.#update());
  }
}

function withLow(register64: bigint, value: bigint): bigint {
  return (register64 & ~low) | value;
}

function withHigh(register64: bigint, value: bigint): bigint {
  return (register64 & low) | (value << 32n);
}
