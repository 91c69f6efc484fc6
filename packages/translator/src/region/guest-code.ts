/** Guest code as translation sees it: decoded, specialised and kept until it changes. */
import { Decoder } from "@isovm/decoder";
import type { EngineMemory, Isa, MemoryListener } from "@isovm/isa-spec";
import { jumpKind, targetAddress } from "../ir/jumps.ts";
import type { RegisterSlot } from "../ir/register-slot.ts";
import type { SpecialisedInstruction } from "../ir/specialise.ts";
import { type Specialiser, specialiser } from "../ir/specialiser.ts";
import { toAddress, toNumber, wrapNumber } from "./address.ts";
import { computedTarget } from "./computed-target.ts";

const pageBytes = 4096;
/** Instructions kept at most; then all are forgotten. */
const capacity = 1 << 16;

/** An instruction at its place. Addresses are numbers, see address.ts. */
export interface PlacedInstruction {
  readonly pc: number;
  /** Address behind it. */
  readonly next: number;
  readonly instruction: SpecialisedInstruction;
  /** Byte offsets of its page's frame, and of it in the page. */
  readonly frame: number;
  readonly offset: number;
  /** By jump of the instruction's effects, where it goes; undefined for indirect ones. */
  readonly targets: readonly (number | undefined)[];
  /** Static targets of jumps, and of calls. */
  readonly jumps: readonly number[];
  readonly calls: readonly number[];
}

/** What was read in one translation context. */
interface Known {
  readonly generation: number;
  readonly placed: Map<number, PlacedInstruction | null>;
  /** By number of the page: byte offset of its frame. */
  readonly pages: Map<number, number>;
  readonly frames: Set<number>;
}

/** The guest's code in the current address space. */
export class GuestCode implements MemoryListener {
  readonly #isa: Isa;
  readonly #memory: EngineMemory;
  /** Made when something is decoded first: short runs don't need it. */
  #decoder: Decoder | undefined;
  readonly #specialise: Specialiser;
  readonly #longest: number;
  /** By translation context. */
  readonly #contexts = new Map<number, Known>();
  #generations = 0;
  /** Registers in which calls leave their return address, as far as calls were seen. */
  readonly #linkRegisters = new Set<RegisterSlot>();

  /** Listens to the memory from now on. */
  constructor(isa: Isa, memory: EngineMemory) {
    this.#isa = isa;
    this.#memory = memory;
    this.#specialise = specialiser(isa);
    const { lengths, parcelBytes, longestBytes } = isa.framing;
    this.#longest = longestBytes ?? Math.max(parcelBytes, ...lengths.map((rule) => rule.sizeBytes));
    memory.attach(this);
  }

  /** The current translation context. */
  get context(): number {
    return this.#memory.context ?? 0;
  }

  /** Differs from what it was whenever something that was read may have changed. */
  get generation(): number {
    return this.#known().generation;
  }

  codeWritten(frame: number): void {
    for (const [context, { frames }] of this.#contexts) {
      if (frames.has(frame)) this.#contexts.delete(context);
    }
  }

  mappingChanged(startPage?: bigint, pageCount = 0, context?: number): void {
    const first =
      startPage !== undefined && pageCount < 256 ? toNumber(startPage << 12n) : undefined;
    for (const [number, { pages }] of this.#contexts) {
      if (context !== undefined && context !== number) continue;
      let isKnown = first === undefined;
      if (first !== undefined) {
        const page = first / pageBytes;
        for (let index = 0; index < pageCount; index += 1) isKnown ||= pages.has(page + index);
      }
      if (isKnown) this.#contexts.delete(number);
    }
  }

  /** The instruction at an address, if a region can have it. */
  at(pc: number): PlacedInstruction | undefined {
    const { placed } = this.#known();
    const known = placed.get(pc);
    if (known !== undefined) return known ?? undefined;
    if (placed.size >= capacity) placed.clear();
    const made = this.#place(pc);
    placed.set(pc, made ?? null);
    return made;
  }

  /** Whether an indirect jump goes back to where a call came from. */
  isReturn({ instruction }: PlacedInstruction): boolean {
    return jumpKind(instruction, this.#linkRegisters) === "return";
  }

  /** Where an indirect jump goes by what the instruction before it leaves; undefined if unknown. */
  computedTarget(before: PlacedInstruction, jump: PlacedInstruction): number | undefined {
    return computedTarget(before, jump, this.#isa);
  }

  /** Bytes from an address on: `length` of them, fewer where a page can't be fetched. */
  bytesAt(address: bigint, length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const at = BigInt.asUintN(this.#isa.addressWidth, address + BigInt(done));
      const frame = this.frameOf(toNumber(at));
      if (frame < 0) return bytes.slice(0, done);
      const offset = Number(at & 0xfffn);
      const count = Math.min(length - done, pageBytes - offset);
      bytes.set(new Uint8Array(this.#memory.memory.buffer, frame + offset, count), done);
      done += count;
    }
    return bytes;
  }

  /** Byte offset in linear memory of the frame behind an address; negative if there is none. */
  frameOf(pc: number): number {
    const page = Math.floor(pc / pageBytes);
    const { frames, pages } = this.#known();
    let frame = pages.get(page);
    if (frame === undefined) {
      frame = this.#memory.translate(toAddress(pc, this.#isa.addressWidth), "fetch");
      if (frame < 0) return frame;
      // Or else what changes before it is executed would change unnoticed.
      if (!this.#memory.isCode(frame)) this.#memory.markCode(frame);
      pages.set(page, frame);
      frames.add(frame);
    }
    return frame;
  }

  #place(pc: number): PlacedInstruction | undefined {
    const frame = Number.isSafeInteger(pc) ? this.frameOf(pc) : -1;
    if (frame < 0) return undefined;
    const { addressWidth } = this.#isa;
    const offset = pc - Math.floor(pc / pageBytes) * pageBytes;
    const bytes =
      offset + this.#longest <= pageBytes
        ? new Uint8Array(this.#memory.memory.buffer, frame + offset, this.#longest)
        : this.bytesAt(toAddress(pc, addressWidth), this.#longest);
    this.#decoder ??= new Decoder(this.#isa);
    const decoded = this.#decoder.decodeBytes(bytes);
    if (!decoded || decoded.prefixBytes > 0) return undefined;
    const instruction = this.#specialise(decoded.row, decoded.word);
    const { effects, sizeBytes } = instruction;
    if (effects.untranslatable !== undefined) return undefined;
    const address = effects.jumps.length > 0 ? toAddress(pc, addressWidth) : 0n;
    const targets = effects.jumps.map(({ target }) =>
      target ? toNumber(targetAddress(target, address, sizeBytes, addressWidth)) : undefined,
    );
    const known = targets.filter((target) => target !== undefined);
    const isCall = jumpKind(instruction) === "call";
    if (isCall && effects.link) this.#linkRegisters.add(effects.link);
    return {
      pc,
      next: wrapNumber(pc + sizeBytes, addressWidth),
      instruction,
      frame,
      offset,
      targets,
      jumps: isCall ? [] : known,
      calls: isCall ? known : [],
    };
  }

  #known(): Known {
    const { context } = this;
    let known = this.#contexts.get(context);
    if (!known) {
      this.#generations += 1;
      const generation = this.#generations;
      known = { generation, placed: new Map(), pages: new Map(), frames: new Set() };
      this.#contexts.set(context, known);
    }
    return known;
  }
}
