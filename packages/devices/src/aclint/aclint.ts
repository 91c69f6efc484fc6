/**
 * The core-local interruptor: software interrupts between harts, and a timer for each, in the
 * layout of SiFive's CLINT, which the RISC-V ACLINT contains as MSWI at 0 and MTIMER at 0x4000.
 *
 * @see https://github.com/riscvarchive/riscv-aclint/blob/main/riscv-aclint.adoc
 * @see https://sifive.cdn.prismic.io/sifive/1a82e600-1f93-4f41-b2d8-86ed8b16acba_fu740-c000-manual-v1p6.pdf chapter 9
 */
import type { AccessBytes, Device, DeviceServices, InterruptLine } from "../device.ts";
import { StateReader } from "../state-reader.ts";
import { observeUnknownRegister } from "../unknown-register.ts";

const compareBase = 0x4000;
const timeOffset = 0xbff8;
/** A timer so many ticks away is never due: firmware writes all ones to turn it off. */
const neverTicks = 1n << 62n;

/** What {@link aclint} needs to know. */
export interface AclintOptions {
  /** Number of harts, at most 4095. */
  readonly harts: number;
}

/**
 * The factory of a core-local interruptor. Wire 2h is hart h's machine software interrupt, wire
 * 2h + 1 its machine timer interrupt. `msip` takes 32-bit accesses, the 64-bit `mtimecmp` and
 * `mtime` also ones of a half. `mtime` is the machine's real-time counter, which harts read as `time`.
 */
export function aclint(options: AclintOptions): (services: DeviceServices) => Device {
  return (services) => new Aclint(services, options);
}

class Aclint implements Device {
  readonly name: string = "aclint";
  readonly sizeBytes: number = 0x1_0000;
  readonly #services: DeviceServices;
  readonly #software: readonly InterruptLine[];
  readonly #timer: readonly InterruptLine[];
  #pending: number[] = [];
  #compare: bigint[] = [];

  constructor(services: DeviceServices, { harts }: AclintOptions) {
    this.#services = services;
    this.#software = Array.from({ length: harts }, (_, hart) => services.interrupt(2 * hart));
    this.#timer = Array.from({ length: harts }, (_, hart) => services.interrupt(2 * hart + 1));
    this.reset();
  }

  read(offset: number, width: AccessBytes): bigint | undefined {
    if (width !== 4 && width !== 8) return undefined;
    if (offset < compareBase) {
      const pending = width === 4 ? this.#pending[offset / 4] : undefined;
      return pending === undefined ? this.#unknown(offset, width) : BigInt(pending);
    }
    const register = offset - (offset % 8);
    const value =
      register === timeOffset
        ? this.#services.counter.ticks
        : this.#compare[(register - compareBase) / 8];
    return value === undefined
      ? this.#unknown(offset, width)
      : BigInt.asUintN(width * 8, value >> shiftOf(offset));
  }

  write(offset: number, width: AccessBytes, value: bigint): boolean {
    if (width !== 4 && width !== 8) return false;
    const hart = offset < compareBase ? offset / 4 : Math.floor((offset - compareBase) / 8);
    if (offset < compareBase && width === 4 && hart < this.#pending.length) {
      this.#pending[hart] = Number(value & 1n);
      this.#software[hart]?.set((value & 1n) === 1n);
    } else if (offset >= timeOffset) {
      const { counter } = this.#services;
      counter.set(insert(counter.ticks, offset, width, value));
      for (const each of this.#compare.keys()) this.#updateTimer(each);
    } else if (offset >= compareBase && hart < this.#compare.length) {
      this.#compare[hart] = insert(this.#compare[hart] ?? 0n, offset, width, value);
      this.#updateTimer(hart);
    } else {
      this.#unknown(offset, width, value);
    }
    return true;
  }

  state(): unknown {
    return {
      pending: [...this.#pending],
      compare: this.#compare.map(String),
    };
  }

  restore(state: unknown): void {
    const reader = new StateReader(this.name, state);
    const harts = this.#software.length;
    const pending = reader.naturals("pending", harts, 1);
    const compare = reader.integers("compare", harts, 64);
    this.#pending = pending;
    this.#compare = compare;
    this.#drive();
  }

  reset(): void {
    const harts = this.#software.length;
    this.#pending = Array.from({ length: harts }, () => 0);
    this.#compare = Array.from({ length: harts }, () => 0xffff_ffff_ffff_ffffn);
    this.#services.counter.set(undefined);
    this.#drive();
  }

  #drive(): void {
    for (const [hart, pending] of this.#pending.entries()) {
      this.#software[hart]?.set(pending === 1);
      this.#updateTimer(hart);
    }
  }

  #updateTimer(hart: number): void {
    const { clock, counter } = this.#services;
    const compare = this.#compare[hart] ?? 0n;
    const time = counter.ticks;
    const isDue = time >= compare;
    this.#timer[hart]?.set(isDue);
    // What is due stays so until the time wraps around.
    const ticksLeft = (isDue ? 1n << 64n : compare) - time;
    const alarm = `timer${hart}`;
    if (ticksLeft > neverTicks) return clock.alarm(alarm, undefined);
    const at = (clock.nanos / counter.tickNanos + ticksLeft) * counter.tickNanos;
    clock.alarm(alarm, at, () => this.#updateTimer(hart));
  }

  #unknown(offset: number, width: AccessBytes, value?: bigint): bigint {
    observeUnknownRegister(this.#services.observe, this.name, offset, width, value);
    return 0n;
  }
}

function shiftOf(offset: number): bigint {
  return offset % 8 === 4 ? 32n : 0n;
}

/** A 64-bit register after a write to all of it or to a half. */
function insert(register: bigint, offset: number, width: AccessBytes, value: bigint): bigint {
  const shift = shiftOf(offset);
  const mask = BigInt.asUintN(64, (width === 8 ? 0xffff_ffff_ffff_ffffn : 0xffff_ffffn) << shift);
  return (register & ~mask) | ((value << shift) & mask);
}
