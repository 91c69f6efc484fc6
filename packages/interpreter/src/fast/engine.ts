/** The fast interpreter: a generated WebAssembly module and the tables that it works on. */
import {
  type EngineMemory,
  type EngineOptions,
  type Exit,
  type Isa,
  IsovmError,
  type RegionHost,
  type RegionHostFactory,
  type RegionSupport,
  StateBlock,
} from "@isovm/isa-spec";
import { floatImports, rowsFloatPolicy } from "@isovm/wasm";
import { checkBudget } from "../budget.ts";
import { illegalExit } from "../illegal.ts";
import { callIntrinsic, collectIntrinsics } from "../intrinsics.ts";
import { faultReason } from "../reference/memory.ts";
import { reverseBytes } from "../reverse-bytes.ts";
import { BreakpointMarks } from "./breakpoint-marks.ts";
import { CodePages } from "./code-pages.ts";
import { type ContextLayout, exitCode, layoutContext } from "./context.ts";
import {
  decodeProgram,
  encodeProgram,
  type InterpreterPrograms,
  type LoadedProgram,
  programName,
} from "./kept-program.ts";
import { pageHeader } from "./predecoder.ts";
import { generateInterpreter } from "./program.ts";
import { InterpreterRegions } from "./regions.ts";
import { SlowAccess } from "./slow-access.ts";
import { TranslationTables } from "./translation-tables.ts";

/**
 * Makes the fast interpreter: rows compiled to WebAssembly handlers over predecoded instructions.
 */
export const interpreter: RegionHostFactory = (options) => new FastInterpreter(options);

/**
 * {@link interpreter}, but what is generated from the rows is kept for the next process, which
 * starts faster by that.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { assemble } from "@isovm/decoder";
 * import { type InterpreterPrograms, interpreterWith } from "@isovm/interpreter";
 * import { bareVm } from "@isovm/machine";
 * import { rv64 } from "@isovm/riscv";
 *
 * const kept = new Map<string, Uint8Array<ArrayBuffer>>();
 * const programs: InterpreterPrograms = {
 *   find: (name) => kept.get(name),
 *   keep: (name, bytes) => void kept.set(name, Uint8Array.from(bytes)),
 * };
 * const program = assemble(rv64(), "ecall", { origin: 0x1000n });
 * for (const isa of [rv64(), rv64()]) bareVm({ isa, engine: interpreterWith(programs), program });
 * assert.equal(kept.size, 1);
 * ```
 */
export function interpreterWith(programs: InterpreterPrograms): RegionHostFactory {
  return (options) => new FastInterpreter(options, programs);
}

const pageBytes = 4096;

interface Compiled {
  readonly program: LoadedProgram;
  readonly instantiate: (imports: WebAssembly.Imports) => WebAssembly.Instance;
}

/** Modules by ISA and place of the context, which depends on the number of translation contexts: a host that makes many machines compiles once. */
const compiled = new WeakMap<Isa, Map<string, Compiled>>();

function compile(isa: Isa, context: ContextLayout, programs?: InterpreterPrograms): Compiled {
  const byBase = compiled.get(isa) ?? new Map<string, Compiled>();
  compiled.set(isa, byBase);
  const key = `${context.state}:${context.contexts}`;
  const known = byBase.get(key);
  if (known) return known;
  const name = programs && programName(isa, context);
  const program = loadProgram(isa, context, name, programs);
  const made = { program, instantiate: instantiation(program, name, programs) };
  byBase.set(key, made);
  return made;
}

function loadProgram(
  isa: Isa,
  context: ContextLayout,
  name: string | undefined,
  programs: InterpreterPrograms | undefined,
): LoadedProgram {
  if (!programs || name === undefined) return generateInterpreter(isa, context);
  const kept = programs.find(name);
  if (kept) return decodeProgram(kept);
  const program = generateInterpreter(isa, context);
  programs.keep(name, encodeProgram(program));
  return program;
}

function instantiation(
  { bytes }: LoadedProgram,
  name: string | undefined,
  programs: InterpreterPrograms | undefined,
): Compiled["instantiate"] {
  const { instantiate } = programs ?? {};
  if (instantiate && name !== undefined) {
    return (imports) => instantiate.call(programs, name, bytes, imports);
  }
  const module = new WebAssembly.Module(bytes);
  return (imports) => new WebAssembly.Instance(module, imports);
}

/** Exit codes after which every instruction that was counted has retired. */
const countsLast: ReadonlySet<number> = new Set([exitCode.budget, exitCode.marked, exitCode.left]);

class FastInterpreter implements RegionHost {
  readonly name = "interpreter";
  readonly state: StateBlock;
  readonly breakpoints: Set<bigint> = new Set();
  readonly regions: RegionSupport;
  readonly #isa: Isa;
  readonly #memory: EngineMemory;
  readonly #context: ContextLayout;
  readonly #program: LoadedProgram;
  readonly #pages: CodePages;
  readonly #run: (budget: number) => number;
  readonly #tables: TranslationTables;
  readonly #slow: SlowAccess;
  readonly #marks: BreakpointMarks;
  /** The budget of the generated code that is running; 0 if none is. */
  #running = 0;
  #isInterrupted = false;

  constructor(options: EngineOptions, programs?: InterpreterPrograms) {
    const { isa, memory } = options;
    this.#isa = isa;
    this.#memory = memory;
    const { contexts = 1 } = memory;
    const { sizeBytes } = layoutContext(isa.layout, 0, contexts);
    const base = memory.allocate(sizeBytes, pageBytes);
    this.#context = layoutContext(isa.layout, base, contexts);
    this.#tables = new TranslationTables(memory, this.#context);
    this.#slow = new SlowAccess(isa, memory, this.#context, this.#tables);
    const { program, instantiate } = compile(isa, this.#context, programs);
    this.#program = program;
    const { parcelBytes } = isa.framing;
    const { pieceBytes, plainHandlers } = program;
    const longest = longestInstruction(isa);
    this.#pages = new CodePages(memory, { parcelBytes, pieceBytes, plainHandlers }, longest, () =>
      this.#tables.clear(),
    );
    this.#pages.initialiseStraddle(this.#context);
    this.#marks = new BreakpointMarks(this.breakpoints, this.#pages, this.#tables);
    this.state = new StateBlock(isa.layout, () => memory.memory.buffer, this.#context.state);
    const intrinsics = collectIntrinsics(options);
    const functions = new WebAssembly.Table({ element: "anyfunc", initial: 1 });
    const instance = instantiate({
      env: { memory: memory.memory },
      regions: { functions },
      slow: {
        read: (address: bigint, size: number) => this.#slow.read(BigInt.asUintN(64, address), size),
        locate: (address: bigint, size: number) =>
          this.#slow.locate(BigInt.asUintN(64, address), size),
        store: (address: bigint, value: bigint, size: number) =>
          this.#slow.store(BigInt.asUintN(64, address), value, size),
        fetch: (target: bigint) => this.#fetch(BigInt.asUintN(64, target)),
        straddle: (pc: bigint) => this.#straddle(BigInt.asUintN(64, pc)),
        mark: (page: number) => this.#mark(page),
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
      ...floatImports(() => rowsFloatPolicy(isa)),
    });
    // The module is generated: its exports have these types.
    this.#run = instance.exports.run as (budget: number) => number;
    const decode = instance.exports.decode as (record: number, page: number) => void;
    this.#tables.select(memory.context ?? 0);
    const { jumpTag, leftTo } = this.#context;
    // The entries of the jump cache are zero, and so are their tags.
    this.#tables.view.setInt32(jumpTag, -1, true);
    this.#tables.view.setBigInt64(leftTo, -1n, true);
    this.regions = new InterpreterRegions({
      functions,
      context: this.#context,
      memory,
      tables: this.#tables,
      pages: this.#pages,
      isa,
      program,
      decode,
      breakpoints: this.breakpoints,
      marks: this.#marks,
      pc: () => this.state.pc,
      execute: (budget, quantum) => this.#execute(budget, quantum),
      exit: (code) => this.#exit(code),
    });
    memory.attach({
      codeWritten: (frame, start, end) => {
        this.#pages.invalidate(frame, start, end);
        this.#marks.remark(frame);
      },
      codeMarked: (frame) => {
        this.#pages.setMarked(frame, true);
        this.#tables.dropWrites(frame);
      },
      codeUnmarked: (frame) => this.#pages.setMarked(frame, false),
      mappingChanged: (startPage, pageCount, context) =>
        this.#tables.drop(startPage, pageCount, context),
      contextChanged: (context) => this.#tables.select(context),
    });
  }

  get retired(): bigint {
    const before = this.#tables.view.getBigUint64(this.#context.retiredBase, true);
    // The instruction that calls out of the run is counted already, and has not retired.
    return this.#running > 0 ? before + BigInt(this.#running - this.#left() - 1) : before;
  }

  interrupt(): void {
    if (this.#running === 0) return;
    const { view } = this.#tables;
    const { reserve, savedBudget, startBudget } = this.#context;
    const left = view.getUint32(savedBudget, true);
    this.#running -= this.#left();
    view.setUint32(startBudget, view.getUint32(startBudget, true) - left, true);
    view.setUint32(savedBudget, 0, true);
    view.setUint32(reserve, 0, true);
    this.#isInterrupted = true;
  }

  run(budget: number): Exit {
    checkBudget(budget);
    this.#isInterrupted = false;
    if (!this.#marks.isActive) return this.#exit(this.#execute(budget, budget));
    // The first instruction is executed whether or not there is a breakpoint.
    const first = this.regions.step();
    if (first.kind !== "budget" || this.#isInterrupted || budget === 1) return first;
    this.#marks.update();
    const end = this.retired + BigInt(budget - 1);
    for (;;) {
      const left = Number(end - this.retired);
      if (left === 0 || this.#isInterrupted) return { kind: "budget" };
      const exit = this.regions.run(left, left);
      if (exit.kind === "marked") {
        // What was a breakpoint's place in another address space.
        const stepped = this.regions.step();
        if (stepped.kind !== "budget") return stepped;
      } else if (exit.kind !== "left" && exit.kind !== "sample") return exit;
    }
  }

  /** Instructions of the current run that may still be executed, in the midst of one. */
  #left(): number {
    const { view } = this.#tables;
    const { reserve, savedBudget } = this.#context;
    return view.getUint32(savedBudget, true) + view.getUint32(reserve, true);
  }

  statistics(): Readonly<Record<string, number>> {
    return { predecodedPages: this.#pages.count, slowAccesses: this.#slow.count };
  }

  /**
   * Runs for `budget` instructions, regions included, or `quantum` interpreted ones, counts them
   * and returns an exit code.
   */
  #execute(budget: number, quantum: number): number {
    const { budgetLeft, reserve, retiredBase } = this.#context;
    const first = Math.min(budget, quantum);
    this.#tables.view.setUint32(reserve, budget - first, true);
    this.#running = budget;
    const code = this.#run(first);
    const { view } = this.#tables;
    const left = view.getUint32(budgetLeft, true) + view.getUint32(reserve, true);
    const executed = this.#running - left;
    this.#running = 0;
    const retired = countsLast.has(code) ? executed : executed - 1;
    view.setBigUint64(retiredBase, view.getBigUint64(retiredBase, true) + BigInt(retired), true);
    return code;
  }

  #exit(code: number): Exit {
    const view = this.#tables.view;
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
        const fault = this.#slow.takeFault();
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
      const byte = this.#tables.view.getUint8(frame + Number(at & 0xfffn));
      value |= BigInt(byte) << BigInt(8 * index);
    }
    return value;
  }

  /** The byte offset of the records of the page that holds an address. */
  #fetch(target: bigint): number {
    const frame = this.#memory.translate(target, "fetch");
    if (frame < 0) return this.#slow.fail("fetch", target, faultReason(frame));
    const records = this.#recordsOf(frame, target);
    this.#marks.mark(frame, target);
    this.#tables.enter("fetchTable", target, records);
    return records;
  }

  #recordsOf(frame: number, address: bigint): number {
    const isCode = this.#memory.isCode(frame);
    if (!isCode) this.#memory.markCode(frame);
    const isKnown = isCode && this.#pages.has(frame);
    const records = this.#pages.recordsOf(frame);
    if (!isKnown) this.regions.onPage?.(address);
    return records;
  }

  /** Marks a page as code again, given by its first record. */
  #mark(records: number): void {
    this.#memory.markCode(this.#tables.view.getUint32(records + pageHeader.code, true));
  }

  /** Copies the bytes of an instruction that crosses a page to where its record is made. */
  #straddle(pc: bigint): number {
    const longest = longestInstruction(this.#isa);
    const { straddleCode } = this.#context;
    for (let done = 0; done < longest; ) {
      const address = this.#slow.wrap(pc + BigInt(done));
      const records = this.#tables.records(address) || this.#fetch(address);
      if (records === 0) return 0;
      const frame = this.#tables.view.getUint32(records + pageHeader.code, true);
      const offset = Number(address & 0xfffn);
      const length = Math.min(longest - done, pageBytes - offset);
      const from = frame + offset;
      this.#tables.bytes.copyWithin(straddleCode + done, from, from + length);
      done += length;
    }
    this.#pages.initialiseStraddle(this.#context);
    return 1;
  }
}

function longestInstruction({ framing }: Isa): number {
  return Math.max(framing.parcelBytes, ...framing.lengths.map(({ sizeBytes }) => sizeBytes));
}
