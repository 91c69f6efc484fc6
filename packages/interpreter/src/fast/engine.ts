/** The fast interpreter: a generated WebAssembly module and the tables that it works on. */
import {
  type AccessKind,
  type Engine,
  type EngineFactory,
  type EngineMemory,
  type EngineOptions,
  type Exit,
  type FaultReason,
  type Isa,
  IsovmError,
  StateBlock,
} from "@isovm/isa-spec";
import { floatImports, tlbEntryBytes } from "@isovm/wasm";
import { checkBudget } from "../budget.ts";
import { illegalExit } from "../illegal.ts";
import { callIntrinsic, collectIntrinsics } from "../intrinsics.ts";
import { faultReason } from "../reference/memory.ts";
import { reverseBytes } from "../reverse-bytes.ts";
import { CodePages } from "./code-pages.ts";
import { type ContextLayout, exitCode, layoutContext, tableEntries } from "./context.ts";
import { generateInterpreter, type InterpreterProgram } from "./program.ts";

/**
 * Makes the fast interpreter: rows compiled to WebAssembly handlers over predecoded instructions.
 */
export const interpreter: EngineFactory = (options) => new FastInterpreter(options);

const pageBytes = 4096;
const emptyTag = 0xffff_ffff_ffff_ffffn;

/** The translation tables, each with what invalidates it. */
type Table = "readTable" | "writeTable" | "fetchTable";

interface Compiled {
  readonly program: InterpreterProgram;
  readonly module: WebAssembly.Module;
}

/** Modules by ISA and context offset: a host that makes many machines compiles once. */
const compiled = new WeakMap<Isa, Map<number, Compiled>>();

function compile(isa: Isa, context: ContextLayout): Compiled {
  const byBase = compiled.get(isa) ?? new Map<number, Compiled>();
  compiled.set(isa, byBase);
  const known = byBase.get(context.state);
  if (known) return known;
  const program = generateInterpreter(isa, context);
  const made = { program, module: new WebAssembly.Module(program.bytes) };
  byBase.set(context.state, made);
  return made;
}

class FastInterpreter implements Engine {
  readonly name = "interpreter";
  readonly state: StateBlock;
  readonly breakpoints: Set<bigint> = new Set();
  readonly #isa: Isa;
  readonly #memory: EngineMemory;
  readonly #context: ContextLayout;
  readonly #program: InterpreterProgram;
  readonly #pages: CodePages;
  readonly #run: (budget: number) => number;
  #fault: Extract<Exit, { kind: "fault" }> | undefined;
  #view: DataView;
  #slowAccesses = 0;

  constructor(options: EngineOptions) {
    const { isa, memory } = options;
    this.#isa = isa;
    this.#memory = memory;
    const { sizeBytes } = layoutContext(isa.layout, 0);
    this.#context = layoutContext(isa.layout, memory.allocate(sizeBytes, pageBytes));
    this.#view = new DataView(memory.memory.buffer);
    const { program, module } = compile(isa, this.#context);
    this.#program = program;
    const { parcelBytes } = isa.framing;
    const { pieceBytes } = program;
    this.#pages = new CodePages(memory, { parcelBytes, pieceBytes }, longestInstruction(isa), () =>
      this.#flush(),
    );
    this.#pages.initialiseStraddle(this.#context);
    this.state = new StateBlock(isa.layout, () => memory.memory.buffer, this.#context.state);
    const intrinsics = collectIntrinsics(options);
    const instance = new WebAssembly.Instance(module, {
      env: { memory: memory.memory },
      slow: {
        read: (address: bigint, size: number) => this.#read(BigInt.asUintN(64, address), size),
        locate: (address: bigint, size: number) => this.#locate(BigInt.asUintN(64, address), size),
        store: (address: bigint, value: bigint, size: number) =>
          this.#store(BigInt.asUintN(64, address), value, size),
        fetch: (target: bigint) => this.#fetch(BigInt.asUintN(64, target)),
        straddle: (pc: bigint) => this.#straddle(BigInt.asUintN(64, pc)),
      },
      intrinsic: Object.fromEntries(
        program.intrinsics.map((name) => [
          name,
          (...operands: bigint[]) =>
            callIntrinsic(
              intrinsics,
              name,
              operands.map((operand) => BigInt.asUintN(64, operand)),
            ),
        ]),
      ),
      ...(program.floatPolicy && floatImports(program.floatPolicy)),
    });
    // The module is generated: its one export has this type.
    this.#run = instance.exports.run as (budget: number) => number;
    this.#flush();
    memory.attach({
      codeWritten: (frame, start, end) => this.#pages.invalidate(frame, start, end),
      codeMarked: (frame) => this.#dropWrites(frame),
      mappingChanged: (startPage, pageCount) => this.#mappingChanged(startPage, pageCount),
    });
  }

  get retired(): bigint {
    return this.#viewNow().getBigUint64(this.#context.retiredBase, true);
  }

  run(budget: number): Exit {
    checkBudget(budget);
    if (this.breakpoints.size === 0) return this.#execute(budget);
    for (let count = 0; count < budget; count += 1) {
      if (count > 0 && this.breakpoints.has(this.state.pc)) return { kind: "breakpoint" };
      const exit = this.#execute(1);
      if (exit.kind !== "budget") return exit;
    }
    return { kind: "budget" };
  }

  statistics(): Readonly<Record<string, number>> {
    return { predecodedPages: this.#pages.count, slowAccesses: this.#slowAccesses };
  }

  #execute(budget: number): Exit {
    const code = this.#run(budget);
    const view = this.#viewNow();
    const { budgetLeft, retiredBase } = this.#context;
    const executed = budget - view.getUint32(budgetLeft, true);
    const retired = code === exitCode.budget ? executed : executed - 1;
    view.setBigUint64(retiredBase, view.getBigUint64(retiredBase, true) + BigInt(retired), true);
    return this.#exit(code);
  }

  #exit(code: number): Exit {
    const view = this.#viewNow();
    switch (code) {
      case exitCode.budget:
        return { kind: "budget" };
      case exitCode.trap:
        return {
          kind: "trap",
          cause: view.getUint32(this.#context.exitCause, true),
          value: view.getBigUint64(this.#context.exitValue, true),
        };
      case exitCode.illegal:
        return this.#illegal();
      case exitCode.fault: {
        const fault = this.#fault;
        this.#fault = undefined;
        if (fault) return fault;
        break;
      }
      default: {
        const name = this.#program.effects[code - exitCode.effect];
        if (name !== undefined) return { kind: "effect", name };
      }
    }
    throw new IsovmError(`the generated interpreter returned ${code}`, { code });
  }

  /** Reads the bytes of the instruction at the program counter, which was fetched already. */
  #illegal(): Exit {
    const { parcelBytes, lengths, byteOrder } = this.#isa.framing;
    const { pc } = this.state;
    const bytes = this.#fetchBytes(pc, parcelBytes);
    const first = byteOrder === "big" ? reverseBytes(bytes, parcelBytes) : bytes;
    const rule = lengths.find(({ mask, match }) => (Number(first) & mask) === match);
    const sizeBytes = rule?.sizeBytes ?? parcelBytes;
    return illegalExit(this.#fetchBytes(pc, sizeBytes), sizeBytes);
  }

  #fetchBytes(pc: bigint, sizeBytes: number): bigint {
    let value = 0n;
    for (let index = 0; index < sizeBytes; index += 1) {
      const at = pc + BigInt(index);
      const frame = this.#memory.translate(at, "fetch");
      if (frame < 0) break;
      const byte = this.#viewNow().getUint8(frame + Number(at & 0xfffn));
      value |= BigInt(byte) << BigInt(8 * index);
    }
    return value;
  }

  #viewNow(): DataView {
    if (this.#view.buffer !== this.#memory.memory.buffer) {
      this.#view = new DataView(this.#memory.memory.buffer);
    }
    return this.#view;
  }

  /** Remembers a fault for the exit; the result tells the generated code. */
  #fail(access: AccessKind, address: bigint, reason: FaultReason): 0 {
    this.#fault = { kind: "fault", access, address, reason };
    return 0;
  }

  #wrap(address: bigint): bigint {
    return BigInt.asUintN(this.#isa.addressWidth, address);
  }

  /** The byte offset of the frame of a page, after entering it into a table. */
  #translate(table: "readTable" | "writeTable", address: bigint): number {
    const access = table === "readTable" ? "read" : "write";
    const frame = this.#memory.translate(address, access);
    if (frame < 0) {
      this.#fail(access, address, faultReason(frame));
      return -1;
    }
    // Stores to code always take the slow path, which drops the records.
    if (table === "readTable" || !this.#memory.isCode(frame)) this.#enter(table, address, frame);
    return frame;
  }

  #enter(table: Table, address: bigint, frame: number): void {
    const view = this.#viewNow();
    const page = address & ~0xfffn;
    const entry =
      this.#context[table] + Number((address >> 12n) % BigInt(tableEntries)) * tlbEntryBytes;
    view.setBigUint64(entry, page, true);
    const addend = table === "fetchTable" ? frame : frame - Number(page & 0xffff_ffffn);
    view.setUint32(entry + 8, addend >>> 0, true);
  }

  #read(address: bigint, size: number): number {
    this.#slowAccesses += 1;
    const sizeBytes = Math.abs(size);
    const offset = Number(address & 0xfffn);
    if (size < 0 && offset % sizeBytes !== 0) return this.#fail("read", address, "misaligned");
    const frame = this.#translate("readTable", address);
    if (frame < 0) return 0;
    const inPage = pageBytes - offset;
    if (sizeBytes <= inPage) return frame + offset;
    const second = this.#translate("readTable", this.#wrap(address + BigInt(inPage)));
    if (second < 0) return 0;
    const bytes = new Uint8Array(this.#memory.memory.buffer);
    bytes.copyWithin(this.#context.bounce, frame + offset, frame + pageBytes);
    bytes.copyWithin(this.#context.bounce + inPage, second, second + sizeBytes - inPage);
    return this.#context.bounce;
  }

  #locate(address: bigint, size: number): number {
    this.#slowAccesses += 1;
    const sizeBytes = Math.abs(size);
    const offset = Number(address & 0xfffn);
    if (offset % sizeBytes !== 0) return this.#fail("write", address, "misaligned");
    const frame = this.#translate("writeTable", address);
    if (frame < 0) return 0;
    if (this.#memory.isCode(frame)) this.#memory.wrote(frame, offset, offset + sizeBytes);
    return frame + offset;
  }

  #store(address: bigint, value: bigint, size: number): number {
    this.#slowAccesses += 1;
    const sizeBytes = Math.abs(size);
    const offset = Number(address & 0xfffn);
    if (size < 0 && offset % sizeBytes !== 0) return this.#fail("write", address, "misaligned");
    const frame = this.#translate("writeTable", address);
    if (frame < 0) return 0;
    const inPage = Math.min(sizeBytes, pageBytes - offset);
    let second = -1;
    if (sizeBytes > inPage) {
      second = this.#translate("writeTable", this.#wrap(address + BigInt(inPage)));
      if (second < 0) return 0;
    }
    if (second < 0) {
      this.#put(frame + offset, value, sizeBytes);
    } else {
      this.#put(this.#context.bounce, value, sizeBytes);
      const bytes = new Uint8Array(this.#memory.memory.buffer);
      const { bounce } = this.#context;
      bytes.copyWithin(frame + offset, bounce, bounce + inPage);
      bytes.copyWithin(second, bounce + inPage, bounce + sizeBytes);
    }
    if (this.#memory.isCode(frame)) this.#memory.wrote(frame, offset, offset + inPage);
    if (second >= 0 && this.#memory.isCode(second)) {
      this.#memory.wrote(second, 0, sizeBytes - inPage);
    }
    return 1;
  }

  #put(host: number, value: bigint, sizeBytes: number): void {
    const view = this.#viewNow();
    if (sizeBytes === 8) view.setBigInt64(host, value, true);
    else if (sizeBytes === 4) view.setInt32(host, Number(BigInt.asIntN(32, value)), true);
    else if (sizeBytes === 2) view.setInt16(host, Number(BigInt.asIntN(16, value)), true);
    else view.setInt8(host, Number(BigInt.asIntN(8, value)));
  }

  /** The byte offset of the records of the page that holds an address. */
  #fetch(target: bigint): number {
    const frame = this.#memory.translate(target, "fetch");
    if (frame < 0) return this.#fail("fetch", target, faultReason(frame));
    const records = this.#recordsOf(frame);
    this.#enter("fetchTable", target, records);
    return records;
  }

  #recordsOf(frame: number): number {
    if (!this.#memory.isCode(frame)) this.#memory.markCode(frame);
    return this.#pages.recordsOf(frame);
  }

  /** Removes a frame from the write table, where stores to it would go unnoticed. */
  #dropWrites(frame: number): void {
    const view = this.#viewNow();
    for (let index = 0; index < tableEntries; index += 1) {
      const entry = this.#context.writeTable + index * tlbEntryBytes;
      const page = view.getUint32(entry, true);
      if ((view.getUint32(entry + 8, true) + page) >>> 0 === frame) {
        view.setBigUint64(entry, emptyTag, true);
      }
    }
  }

  /** Copies the bytes of an instruction that crosses a page to where its record is made. */
  #straddle(pc: bigint): number {
    const longest = longestInstruction(this.#isa);
    const { straddleCode } = this.#context;
    for (let done = 0; done < longest; ) {
      const address = this.#wrap(pc + BigInt(done));
      const frame = this.#memory.translate(address, "fetch");
      if (frame < 0) return this.#fail("fetch", address, faultReason(frame));
      this.#recordsOf(frame);
      const offset = Number(address & 0xfffn);
      const length = Math.min(longest - done, pageBytes - offset);
      new Uint8Array(this.#memory.memory.buffer).copyWithin(
        straddleCode + done,
        frame + offset,
        frame + offset + length,
      );
      done += length;
    }
    this.#pages.initialiseStraddle(this.#context);
    return 1;
  }

  #mappingChanged(startPage: bigint | undefined, pageCount: number | undefined): void {
    if (startPage === undefined || pageCount === undefined || pageCount > tableEntries / 8) {
      this.#flush();
      return;
    }
    const view = this.#viewNow();
    for (let index = 0; index < pageCount; index += 1) {
      const page = startPage + BigInt(index);
      const entry = Number(page % BigInt(tableEntries)) * tlbEntryBytes;
      for (const table of ["readTable", "writeTable", "fetchTable"] as const) {
        if (view.getBigUint64(this.#context[table] + entry, true) === page << 12n) {
          view.setBigUint64(this.#context[table] + entry, emptyTag, true);
        }
      }
    }
  }

  #flush(): void {
    const bytes = new Uint8Array(this.#memory.memory.buffer);
    const { readTable, writeTable, fetchTable } = this.#context;
    for (const table of [readTable, writeTable, fetchTable]) {
      bytes.fill(0xff, table, table + tableEntries * tlbEntryBytes);
    }
  }
}

function longestInstruction({ framing }: Isa): number {
  return Math.max(framing.parcelBytes, ...framing.lengths.map(({ sizeBytes }) => sizeBytes));
}
