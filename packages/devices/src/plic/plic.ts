/**
 * The RISC-V platform-level interrupt controller, with level-triggered gateways.
 *
 * @see https://github.com/riscv/riscv-plic-spec/blob/master/riscv-plic.adoc version 1.0.0
 * @see https://sifive.cdn.prismic.io/sifive/1a82e600-1f93-4f41-b2d8-86ed8b16acba_fu740-c000-manual-v1p6.pdf chapter 10
 */
import type { AccessBytes, DeviceServices, InterruptLine } from "../device.ts";
import type { InterruptController } from "../interrupt-controller.ts";
import { StateReader } from "../state-reader.ts";
import { observeUnknownRegister } from "../unknown-register.ts";

const pendingBase = 0x1000;
const enableBase = 0x2000;
const enableStride = 0x80;
const contextBase = 0x20_0000;
const contextStride = 0x1000;

/** What {@link plic} needs to know. */
export interface PlicOptions {
  /** Sources are numbered from 1 to this number, at most 1023. */
  readonly sources: number;
  /** Targets, one per hart and privilege mode that takes interrupts; at most 1024. */
  readonly contexts: number;
  /** The highest priority, one less than a power of two: 7 by default. */
  readonly maxPriority?: number;
}

/**
 * The factory of a platform-level interrupt controller: wires of devices end at its inputs 1 to
 * `sources`; its own wire number c is the external interrupt of context c. Registers take 32-bit
 * accesses only.
 */
export function plic(options: PlicOptions): (services: DeviceServices) => InterruptController {
  return (services) => new Plic(services, options);
}

class Plic implements InterruptController {
  readonly name: string = "plic";
  readonly sizeBytes: number = 0x60_0000;
  readonly #observe: DeviceServices["observe"];
  readonly #lines: readonly InterruptLine[];
  readonly #sources: number;
  readonly #maxPriority: number;
  /** 32-bit words that hold a bit for each source. */
  readonly #words: number;
  readonly #priority: Uint32Array;
  readonly #threshold: Uint32Array;
  /** Requests that no context has claimed. */
  readonly #pending: Uint32Array;
  /** Requests that a gateway has forwarded and that are not completed. */
  readonly #inFlight: Uint32Array;
  /** Levels of the inputs. */
  readonly #level: Uint32Array;
  /** Words of all contexts, one after the other. */
  readonly #enable: Uint32Array;

  constructor(services: DeviceServices, { sources, contexts, maxPriority = 7 }: PlicOptions) {
    this.#observe = services.observe;
    this.#lines = Array.from({ length: contexts }, (_, context) => services.interrupt(context));
    this.#sources = sources;
    this.#maxPriority = maxPriority;
    this.#words = (sources >> 5) + 1;
    this.#priority = new Uint32Array(sources + 1);
    this.#threshold = new Uint32Array(contexts);
    this.#pending = new Uint32Array(this.#words);
    this.#inFlight = new Uint32Array(this.#words);
    this.#level = new Uint32Array(this.#words);
    this.#enable = new Uint32Array(this.#words * contexts);
  }

  input(number: number): InterruptLine | undefined {
    if (!Number.isInteger(number) || number < 1 || number > this.#sources) return undefined;
    return { set: (level) => this.#setLevel(number, level) };
  }

  read(offset: number, width: AccessBytes): bigint | undefined {
    if (width !== 4) return undefined;
    return BigInt(this.#readRegister(offset) ?? this.#unknown(offset, width));
  }

  write(offset: number, width: AccessBytes, value: bigint): boolean {
    if (width !== 4) return false;
    if (this.#writeRegister(offset, Number(value))) this.#update();
    else this.#unknown(offset, width, value);
    return true;
  }

  state(): unknown {
    const parts = Object.entries(this.#parts());
    return Object.fromEntries(parts.map(([key, { words }]) => [key, [...words]]));
  }

  restore(state: unknown): void {
    const reader = new StateReader(this.name, state);
    const read = Object.entries(this.#parts()).map(([key, { words, most }]) => {
      return { words, values: reader.naturals(key, words.length, most) };
    });
    for (const { words, values } of read) words.set(values);
    this.#update();
  }

  reset(): void {
    // The levels are those of the devices that drive the inputs.
    const { level: _, ...parts } = this.#parts();
    for (const { words } of Object.values(parts)) words.fill(0);
    for (let source = 1; source <= this.#sources; source++) this.#forward(source);
    this.#update();
  }

  #parts(): Readonly<Record<string, { words: Uint32Array; most: number }>> {
    const bits = 0xffff_ffff;
    return {
      priority: { words: this.#priority, most: this.#maxPriority },
      threshold: { words: this.#threshold, most: this.#maxPriority },
      pending: { words: this.#pending, most: bits },
      inFlight: { words: this.#inFlight, most: bits },
      level: { words: this.#level, most: bits },
      enable: { words: this.#enable, most: bits },
    };
  }

  #readRegister(offset: number): number | undefined {
    if (offset < pendingBase) return this.#priority[offset >> 2];
    if (offset < enableBase) return this.#pending[(offset - pendingBase) >> 2];
    if (offset < contextBase) return this.#enable[this.#enableIndex(offset)];
    const context = Math.floor((offset - contextBase) / contextStride);
    const register = offset % contextStride;
    if (context >= this.#lines.length) return undefined;
    if (register === 0) return this.#threshold[context];
    return register === 4 ? this.#claim(context) : undefined;
  }

  /** Whether there is such a register; a read-only one ignores it. */
  #writeRegister(offset: number, value: number): boolean {
    if (offset < pendingBase) {
      const source = offset >> 2;
      if (source > this.#sources) return false;
      if (source > 0) this.#priority[source] = value & this.#maxPriority;
      return true;
    }
    if (offset < enableBase) return (offset - pendingBase) >> 2 < this.#words;
    if (offset < contextBase) {
      const index = this.#enableIndex(offset);
      if (index < 0) return false;
      this.#enable[index] = value & this.#existing(index % this.#words);
      return true;
    }
    const context = Math.floor((offset - contextBase) / contextStride);
    const register = offset % contextStride;
    if (context >= this.#lines.length || register > 4) return false;
    if (register === 0) this.#threshold[context] = value & this.#maxPriority;
    else this.#complete(context, value);
    return true;
  }

  /** The index of a word of enable bits, or -1. */
  #enableIndex(offset: number): number {
    const context = Math.floor((offset - enableBase) / enableStride);
    const word = (offset % enableStride) >> 2;
    return context < this.#lines.length && word < this.#words ? context * this.#words + word : -1;
  }

  /** The bits of a word that stand for a source. */
  #existing(word: number): number {
    const upTo = this.#sources - 32 * word;
    const bits = upTo >= 31 ? 0xffff_ffff : 2 ** (upTo + 1) - 1;
    return word === 0 ? bits & ~1 : bits;
  }

  #setLevel(source: number, level: boolean): void {
    if (bitOf(this.#level, source) === level) return;
    setBit(this.#level, source, level);
    if (!level) return; // A request that was forwarded is not taken back.
    this.#forward(source);
    this.#update();
  }

  /** The gateway: one request at a time, as long as the input is high. */
  #forward(source: number): void {
    if (!bitOf(this.#level, source) || bitOf(this.#inFlight, source)) return;
    setBit(this.#inFlight, source, true);
    setBit(this.#pending, source, true);
  }

  #claim(context: number): number {
    const source = this.#best(context);
    if (source === 0) return 0;
    setBit(this.#pending, source, false);
    this.#update();
    return source;
  }

  #complete(context: number, source: number): void {
    const isSource = source >= 1 && source <= this.#sources;
    if (!isSource || !bitOf(this.#enable, source + 32 * this.#words * context)) {
      this.#observe({
        device: this.name,
        kind: "invalidValue",
        offset: contextBase + contextStride * context + 4,
        width: 4,
        value: BigInt(source),
        detail: "completion of an interrupt that is not enabled",
      });
      return;
    }
    setBit(this.#inFlight, source, false);
    this.#forward(source);
  }

  /** The pending source of the highest priority, the lowest number among equals; 0 if none. */
  #best(context: number): number {
    let best = 0;
    let bestPriority = 0;
    for (let word = 0; word < this.#words; word++) {
      let bits = (this.#pending[word] ?? 0) & (this.#enable[context * this.#words + word] ?? 0);
      while (bits !== 0) {
        const source = 32 * word + 31 - Math.clz32(bits & -bits);
        bits &= bits - 1;
        const priority = this.#priority[source] ?? 0;
        if (priority <= bestPriority) continue;
        best = source;
        bestPriority = priority;
      }
    }
    return best;
  }

  #update(): void {
    for (const [context, line] of this.#lines.entries()) {
      const priority = this.#priority[this.#best(context)] ?? 0;
      line.set(priority > (this.#threshold[context] ?? 0));
    }
  }

  #unknown(offset: number, width: AccessBytes, value?: bigint): number {
    observeUnknownRegister(this.#observe, this.name, offset, width, value);
    return 0;
  }
}

function bitOf(words: Uint32Array, index: number): boolean {
  return (((words[index >> 5] ?? 0) >>> (index & 31)) & 1) === 1;
}

function setBit(words: Uint32Array, index: number, value: boolean): void {
  const mask = 1 << (index & 31);
  const word = words[index >> 5] ?? 0;
  words[index >> 5] = value ? word | mask : word & ~mask;
}
