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
/** Addresses are signed here: pages from this one on lie below zero. */
const pagesBelowSign = 2 ** 51;
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

/** What was read in a frame, and what has to be as it was for it to be true still. */
interface Reading {
  readonly placed: PlacedInstruction | undefined;
  /** Where it was read. */
  readonly pc: number;
  /** How often the frame had been written to. */
  readonly version: number;
  /** The same of the next page, where an instruction may reach into it; else -1 and 0. */
  readonly nextFrame: number;
  readonly nextVersion: number;
}

/** The guest's code in the current address space. */
export class GuestCode implements MemoryListener {
  readonly #isa: Isa;
  readonly #memory: EngineMemory;
  readonly #breakpoints: ReadonlySet<bigint>;
  /** Made when something is decoded first: short runs don't need it. */
  #decoder: Decoder | undefined;
  readonly #specialise: Specialiser;
  readonly #longest: number;
  /** By byte offset in linear memory: contexts share what the frames of several have. */
  readonly #readings = new Map<number, Reading>();
  /** By translation context, by number of the page: byte offset of its frame. */
  readonly #contexts = new Map<number, Map<number, number>>();
  /** By frame: how often it was written to since code was read from it. */
  readonly #versions = new Map<number, number>();
  /** Registers in which calls leave their return address, as far as calls were seen. */
  readonly #linkRegisters = new Set<RegisterSlot>();

  /** Listens to the memory from now on. No region can have what is at a breakpoint. */
  constructor(isa: Isa, memory: EngineMemory, breakpoints: ReadonlySet<bigint> = new Set()) {
    this.#isa = isa;
    this.#breakpoints = breakpoints;
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

  codeWritten(frame: number): void {
    this.#versions.set(frame, this.#versionOf(frame) + 1);
  }

  codeUnmarked(frame: number): void {
    for (const pages of this.#contexts.values()) {
      for (const [page, known] of pages) if (known === frame) pages.delete(page);
    }
  }

  mappingChanged(startPage?: number, pageCount = 0, context?: number): void {
    const first = pageCount < 256 ? startPage : undefined;
    if (this.#contexts.size === 0) return;
    this.#contexts.forEach((pages, number) => {
      if ((context !== undefined && context !== number) || pages.size === 0) return;
      if (first === undefined) {
        pages.clear();
        return;
      }
      const page = first < pagesBelowSign ? first : first - 2 * pagesBelowSign;
      for (let index = 0; index < pageCount; index += 1) pages.delete(page + index);
    });
  }

  /** Reads everything again: breakpoints are others now. */
  forget(): void {
    this.#readings.clear();
  }

  /** The instruction at an address, if a region can have it. */
  at(pc: number): PlacedInstruction | undefined {
    const frame = this.#frameAt(pc);
    if (frame < 0) return undefined;
    const readings = this.#readings;
    const place = frame + pc - Math.floor(pc / pageBytes) * pageBytes;
    const known = readings.get(place);
    if (known?.pc === pc && this.#isTrue(frame, known)) return known.placed;
    if (readings.size >= capacity) readings.clear();
    const reading = this.#read(pc, frame);
    readings.set(place, reading);
    return reading.placed;
  }

  /** Whether instructions that were read before are what the current address space has there. */
  has(instructions: Iterable<PlacedInstruction>): boolean {
    for (const placed of instructions) if (this.at(placed.pc) !== placed) return false;
    return true;
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
    const pages = this.#pages();
    let frame = pages.get(page);
    if (frame === undefined) {
      frame = this.#memory.translate(toAddress(pc, this.#isa.addressWidth), "fetch");
      if (frame < 0) return frame;
      // Or else what changes before it is executed would change unnoticed.
      if (!this.#memory.isCode(frame)) this.#memory.markCode(frame);
      pages.set(page, frame);
    }
    return frame;
  }

  #read(pc: number, frame: number): Reading {
    const placed = this.#place(pc, frame);
    const nextFrame = this.#reachesOn(pc) ? this.#frameAt(pc + this.#longest) : -1;
    return {
      placed,
      pc,
      version: this.#versionOf(frame),
      nextFrame,
      nextVersion: this.#versionOf(nextFrame),
    };
  }

  #isTrue(frame: number, { pc, version, nextFrame, nextVersion }: Reading): boolean {
    if (this.#versionOf(frame) !== version) return false;
    if (!this.#reachesOn(pc)) return true;
    return (
      this.#frameAt(pc + this.#longest) === nextFrame && this.#versionOf(nextFrame) === nextVersion
    );
  }

  #frameAt(pc: number): number {
    return Number.isSafeInteger(pc) ? this.frameOf(pc) : -1;
  }

  /** Whether an instruction may reach into the next page. */
  #reachesOn(pc: number): boolean {
    return pc - Math.floor(pc / pageBytes) * pageBytes + this.#longest > pageBytes;
  }

  #versionOf(frame: number): number {
    return this.#versions.get(frame) ?? 0;
  }

  #place(pc: number, frame: number): PlacedInstruction | undefined {
    const { addressWidth } = this.#isa;
    const breakpoints = this.#breakpoints;
    if (breakpoints.size > 0 && breakpoints.has(toAddress(pc, addressWidth))) return undefined;
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

  /** What is known of the current context. */
  #pages(): Map<number, number> {
    const { context } = this;
    let pages = this.#contexts.get(context);
    if (!pages) {
      pages = new Map();
      this.#contexts.set(context, pages);
    }
    return pages;
  }
}
