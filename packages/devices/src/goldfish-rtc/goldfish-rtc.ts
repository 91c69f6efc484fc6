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
  #isArmed = false;
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
        return this.#isArmed ? 1n : 0n;
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
        return true;
      case register.timeHigh:
        this.#setTime(withHigh(this.#time(), value));
        return true;
      case register.alarmLow:
        // Drivers write the upper half first; the lower one arms.
        this.#alarm = withLow(this.#alarm, value);
        this.#isArmed = true;
        break;
      case register.alarmHigh:
        this.#alarm = withHigh(this.#alarm, value);
        break;
      case register.interruptEnable:
        this.#isEnabled = (value & 1n) === 1n;
        break;
      case register.clearAlarm:
        this.#isArmed = false;
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
      isArmed: this.#isArmed,
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
      isArmed: reader.boolean("isArmed"),
      isEnabled: reader.boolean("isEnabled"),
      isPending: reader.boolean("isPending"),
    };
    this.#origin = next.origin;
    this.#latchedHigh = BigInt.asUintN(32, next.latchedHigh);
    this.#alarm = BigInt.asUintN(64, next.alarm);
    this.#isArmed = next.isArmed;
    this.#isEnabled = next.isEnabled;
    this.#isPending = next.isPending;
    this.#update();
  }

  reset(): void {
    this.#origin = this.#epochNanos;
    this.#latchedHigh = 0n;
    this.#alarm = 0n;
    this.#isArmed = false;
    this.#isEnabled = false;
    this.#isPending = false;
    this.#update();
  }

  #time(): bigint {
    return BigInt.asUintN(64, this.#origin + this.#services.clock.nanos);
  }

  #setTime(time: bigint): void {
    this.#origin = time - this.#services.clock.nanos;
    this.#update();
  }

  #update(): void {
    const { clock } = this.#services;
    const nanosLeft = this.#alarm - this.#time();
    if (this.#isArmed && nanosLeft <= 0n) {
      this.#isArmed = false;
      this.#isPending = true;
    }
    this.#interrupt.set(this.#isPending && this.#isEnabled);
    if (this.#isArmed) clock.alarm("alarm", clock.nanos + nanosLeft, () => this.#update());
    else clock.alarm("alarm", undefined);
  }
}

function withLow(register64: bigint, value: bigint): bigint {
  return (register64 & ~low) | value;
}

function withHigh(register64: bigint, value: bigint): bigint {
  return (register64 & low) | (value << 32n);
}
