/** An engine over RAM that is mapped differently in several translation contexts. */
import { type Engine, type EngineFactory, type Isa, translationFault } from "@isovm/isa-spec";
import { SystemMemory } from "@isovm/machine";

/** The names of the address spaces. */
export const spaceKeys = ["a", "b", "c"] as const;
/** Pages that hold code, and all of them: virtual ones, and as many frames of RAM. */
export const codePages = 6;
export const virtualPages = 10;

/** What happens next. */
export type SpaceStep =
  | { readonly kind: "run"; readonly budget: number }
  | { readonly kind: "select"; readonly key: string }
  /** Maps a virtual page elsewhere; the page is flushed, in its space or in all. */
  | {
      readonly kind: "map";
      readonly key: string;
      readonly page: number;
      readonly frame: number;
      readonly all: boolean;
    }
  /** A device writes an instruction into a frame. */
  | {
      readonly kind: "patch";
      readonly page: number;
      readonly offset: number;
      readonly word: number;
    };

const pageBytes = 4096;
const ramBase = 0x8000_0000;
const base = 0x40_0000;
/** Registers: data, code that is written to, the page of code, and where code begins. */
const register = { data: 8, code: 9, page: 14, base: 15 } as const;

/** Three address spaces over RAM of ten pages, and an engine. */
export class Spaces {
  readonly memory: SystemMemory;
  readonly engine: Engine;
  readonly #maps: Map<string, number[]>;

  /** `code` is what frames begin with, `maps` the frame of each virtual page, by space. */
  constructor(
    isa: Isa,
    engine: EngineFactory,
    code: readonly Uint8Array[],
    maps: readonly (readonly number[])[],
  ) {
    const nothing = { read: () => undefined, write: () => false };
    this.memory = new SystemMemory(ramBase, virtualPages * pageBytes, nothing);
    for (const [page, bytes] of code.entries()) {
      this.memory.write(ramBase + page * pageBytes, bytes);
    }
    this.#maps = new Map(spaceKeys.map((key, index) => [key, [...(maps[index] ?? [])]]));
    this.#select("a");
    this.engine = engine({ isa, memory: this.memory });
    this.#begin(0);
  }

  /** Takes a step; the result is all that can be seen but RAM. */
  take(step: SpaceStep): unknown {
    switch (step.kind) {
      case "run": {
        const exit = this.engine.run(step.budget);
        const { state, retired } = this.engine;
        const registers = Array.from({ length: 32 }, (_, index) => state.read("x", index));
        const { pc } = state;
        if (exit.kind !== "budget") this.#begin(Number(retired));
        return { exit, pc, retired, registers };
      }
      case "select":
        return this.#select(step.key);
      case "map": {
        const map = this.#maps.get(step.key);
        if (map) map[step.page] = step.frame;
        const page = BigInt(base + step.page * pageBytes);
        return this.memory.flush(page, step.all ? undefined : (key) => key === step.key);
      }
      case "patch": {
        const word = new Uint8Array(Uint32Array.of(step.word).buffer);
        return this.memory.write(ramBase + step.page * pageBytes + 4 * step.offset, word);
      }
    }
  }

  #select(key: string): void {
    const map = this.#maps.get(key) ?? [];
    this.memory.select(key, (address) => {
      const frame = map[Number(address - BigInt(base)) >> 12];
      const offset = Number(address & 0xfffn);
      return frame === undefined ? translationFault.unmapped : ramBase + frame * pageBytes + offset;
    });
  }

  /** Goes on at the beginning of a page of code. */
  #begin(number: number): void {
    const { state } = this.engine;
    const page = (number % codePages) * pageBytes;
    state.write("x", register.data, BigInt(base + (virtualPages - 2) * pageBytes));
    state.write("x", register.code, BigInt(base + ((number + 1) % codePages) * pageBytes));
    state.write("x", register.page, BigInt(page));
    state.write("x", register.base, BigInt(base));
    state.write("x", 10, 0n);
    state.pc = BigInt(base + page);
  }
}
