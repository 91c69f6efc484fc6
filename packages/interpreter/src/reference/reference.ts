/**
 * The reference evaluator: fetches, decodes and evaluates the IR of one instruction after the
 * other, over unbounded integers. It is the definition of what an ISA does.
 */
import { type Decoded, Decoder } from "@isovm/decoder";
import {
  type Engine,
  type EngineFactory,
  type EngineOptions,
  type Environment,
  type Exit,
  type Expression,
  evaluate,
  evaluateBinary,
  evaluateComparison,
  type Isa,
  type MemoryAccess,
  type RegisterReference,
  StateBlock,
  type Statement,
} from "@isovm/isa-spec";
import { checkBudget } from "../budget.ts";
import { illegalExit } from "../illegal.ts";
import { callIntrinsic, collectIntrinsics, type Intrinsics } from "../intrinsics.ts";
import { reverseBytes } from "../reverse-bytes.ts";
import { MemoryFault, ReferenceMemory } from "./memory.ts";

/**
 * Makes the reference evaluator: exact, obvious and slow (about a microsecond for each operator).
 */
export const reference: EngineFactory = (options) => new ReferenceEngine(options, {});

/** What to take for a value that the manual leaves open. */
export type FreeChoice = NonNullable<Environment["free"]>;

/** How {@link referenceWith} departs from the reference evaluator. */
export interface ReferenceOptions {
  /**
   * Replaces the rows' own choices of what the manual leaves open. A test that compares with
   * another implementation runs twice, with all zeros and with all ones: bits that differ between
   * the two runs are not defined, and the other implementation may have anything there.
   */
  readonly free?: FreeChoice;
}

/** Makes a factory of reference evaluators for tests of an ISA. */
export function referenceWith(options: ReferenceOptions): EngineFactory {
  return (engineOptions) => new ReferenceEngine(engineOptions, options);
}

/** An instruction in memory. */
interface Fetched {
  /** Its bytes, the first one lowest. */
  readonly bits: bigint;
  readonly sizeBytes: number;
  readonly decoded: Decoded | undefined;
}

/** How an instruction ended. */
type Outcome =
  | { readonly kind: "next" }
  | { readonly kind: "jump"; readonly target: bigint }
  | Exit;

const next: Outcome = { kind: "next" };

class ReferenceEngine implements Engine {
  readonly name = "reference";
  readonly state: StateBlock;
  readonly breakpoints: Set<bigint> = new Set();
  retired = 0n;
  readonly #isa: Isa;
  readonly #memory: ReferenceMemory;
  readonly #decoder: Decoder;
  readonly #intrinsics: Intrinsics;
  readonly #free: FreeChoice | undefined;
  readonly #longest: number;
  readonly #hasOpenLength: boolean;
  #isInterrupted = false;

  constructor(options: EngineOptions, { free }: ReferenceOptions) {
    const { isa, memory } = options;
    const { parcelBytes, lengths, prefixes, longestBytes } = isa.framing;
    this.#isa = isa;
    this.#free = free;
    this.#hasOpenLength = lengths.length === 0 || prefixes !== undefined;
    this.#longest =
      longestBytes ??
      Math.max(
        parcelBytes,
        ...isa.instructions.map(({ sizeBytes }) => sizeBytes),
        ...lengths.map(({ sizeBytes }) => sizeBytes),
      );
    this.#memory = new ReferenceMemory(memory, isa.addressWidth);
    this.#decoder = new Decoder(isa);
    this.#intrinsics = collectIntrinsics(options);
    const base = memory.allocate(isa.layout.sizeBytes, 16);
    this.state = new StateBlock(isa.layout, () => memory.memory.buffer, base);
  }

  run(budget: number): Exit {
    checkBudget(budget);
    this.#isInterrupted = false;
    for (let count = 0; count < budget; count += 1) {
      if (count > 0 && this.breakpoints.has(this.state.pc)) return { kind: "breakpoint" };
      const exit = this.#step();
      if (exit) return exit;
      this.retired += 1n;
      if (this.#isInterrupted) break;
    }
    return { kind: "budget" };
  }

  interrupt(): void {
    this.#isInterrupted = true;
  }

  statistics(): Readonly<Record<string, number>> {
    return {};
  }

  #step(): Exit | undefined {
    try {
      const { pc } = this.state;
      const { bits, sizeBytes, decoded } = this.#fetch(pc);
      if (!decoded) return illegalExit(bits, sizeBytes);
      const nextPc = BigInt.asUintN(this.#isa.addressWidth, pc + BigInt(sizeBytes));
      const { fields, row } = decoded;
      const execution = new Execution(
        this.state,
        this.#memory,
        this.#intrinsics,
        (name) => fields[name] ?? 0n,
        { pc, nextPc, retired: this.retired },
        this.#free,
      );
      const outcome = execution.run(row.semantics.body);
      if (outcome.kind === "next") this.state.pc = nextPc;
      else if (outcome.kind === "jump") this.state.pc = outcome.target;
      else if (outcome.kind === "illegal") return illegalExit(bits, sizeBytes);
      else return outcome;
      return undefined;
    } catch (error) {
      if (error instanceof MemoryFault) return { kind: "fault", ...error.data };
      throw error;
    }
  }

  /** The instruction, parcel after parcel: the second may lie in another page. */
  #fetch(pc: bigint): Fetched {
    const { parcelBytes, lengths, byteOrder, prefixes } = this.#isa.framing;
    if (byteOrder === "big" || lengths.length === 0 || prefixes) return this.#fetchBytes(pc);
    const first = this.#memory.read(pc, parcelBytes, "fetch");
    const rule = lengths.find(({ mask, match }) => (Number(first) & mask) === match);
    const sizeBytes = rule?.sizeBytes ?? parcelBytes;
    let bits = first;
    if (sizeBytes > parcelBytes) {
      const rest = this.#memory.read(
        BigInt.asUintN(this.#isa.addressWidth, pc + BigInt(parcelBytes)),
        sizeBytes - parcelBytes,
        "fetch",
      );
      bits |= rest << BigInt(8 * parcelBytes);
    }
    return { bits, sizeBytes, decoded: this.#decoder.decode(bits, sizeBytes) };
  }

  /** The instruction at `pc` whatever its framing; bytes that can't be read end the search. */
  #fetchBytes(pc: bigint): Fetched {
    const { parcelBytes } = this.#isa.framing;
    const bytes = new Uint8Array(this.#longest);
    let length = 0;
    let fault: unknown;
    while (length < bytes.length && fault === undefined) {
      try {
        const at = BigInt.asUintN(this.#isa.addressWidth, pc + BigInt(length));
        bytes[length] = Number(this.#memory.read(at, 1, "fetch"));
        length += 1;
      } catch (error) {
        fault = error;
      }
    }
    const known = bytes.subarray(0, length);
    const decoded = this.#decoder.decodeBytes(known);
    const announced = this.#decoder.sizeAt(known) ?? parcelBytes;
    // Nothing matches what is there: that is a fault if more bytes could have made it match.
    if (!decoded && fault !== undefined && (length < announced || this.#hasOpenLength)) throw fault;
    const sizeBytes = decoded?.sizeBytes ?? announced;
    let bits = 0n;
    for (const byte of bytes.subarray(0, sizeBytes).reverse()) bits = (bits << 8n) | BigInt(byte);
    return { bits, sizeBytes, decoded };
  }
}

/** The evaluation of one instruction. */
class Execution implements Environment {
  readonly pc: bigint;
  readonly nextPc: bigint;
  readonly retired: bigint;
  readonly field: (name: string) => bigint;
  readonly free?: FreeChoice;
  readonly #state: StateBlock;
  readonly #memory: ReferenceMemory;
  readonly #intrinsics: Intrinsics;
  readonly #temporaries = new Map<number, bigint>();

  constructor(
    state: StateBlock,
    memory: ReferenceMemory,
    intrinsics: Intrinsics,
    field: (name: string) => bigint,
    known: { pc: bigint; nextPc: bigint; retired: bigint },
    free: FreeChoice | undefined,
  ) {
    this.#state = state;
    this.#memory = memory;
    this.#intrinsics = intrinsics;
    this.field = field;
    this.pc = known.pc;
    this.nextPc = known.nextPc;
    this.retired = known.retired;
    if (free) this.free = free;
  }

  temporary(id: number): bigint {
    const value = this.#temporaries.get(id);
    if (value === undefined) throw new RangeError(`temporary ${id} is read before it is made`);
    return value;
  }

  run(body: readonly Statement[]): Outcome {
    for (const statement of body) {
      const outcome = this.#execute(statement);
      if (outcome.kind !== "next") return outcome;
    }
    return next;
  }

  #value(expression: Expression): bigint {
    return evaluate(expression, this);
  }

  #register({ index }: RegisterReference): number {
    return index ? Number(this.#value(index)) : 0;
  }

  #address(access: MemoryAccess): bigint {
    const address = this.#value(access.address);
    if (access.alignment === "required" && address % BigInt(access.width / 8) !== 0n) {
      throw new MemoryFault("misaligned", { access: "read", address, reason: "misaligned" });
    }
    return address;
  }

  /** `kind` is the right that is needed: a read-modify-write access has one, to write. */
  #load(access: MemoryAccess, kind: "read" | "write" = "read"): bigint {
    const sizeBytes = access.width / 8;
    const value = this.#memory.read(this.#address(access), sizeBytes, kind);
    return access.endian === "big" ? reverseBytes(value, sizeBytes) : value;
  }

  #store(access: MemoryAccess, value: bigint): void {
    const sizeBytes = access.width / 8;
    const bytes = access.endian === "big" ? reverseBytes(value, sizeBytes) : value;
    this.#memory.write(this.#storeAddress(access), sizeBytes, bytes);
  }

  /** The address of an access that writes: all its faults are those of a write. */
  #storeAddress(access: MemoryAccess): bigint {
    try {
      return this.#address(access);
    } catch (error) {
      if (!(error instanceof MemoryFault)) throw error;
      throw new MemoryFault(error.message, { ...error.data, access: "write" });
    }
  }

  #locate(access: MemoryAccess): void {
    this.#memory.checkWritable(this.#storeAddress(access), access.width / 8);
  }

  #execute(statement: Statement): Outcome {
    switch (statement.kind) {
      case "readRegister": {
        const { file } = statement.register;
        const value = this.#state.read(file, this.#register(statement.register));
        this.#temporaries.set(statement.result.id, value);
        return next;
      }
      case "writeRegister": {
        const value = this.#value(statement.value);
        this.#state.write(statement.register.file, this.#register(statement.register), value);
        return next;
      }
      case "load":
        this.#temporaries.set(statement.result.id, this.#load(statement.access));
        return next;
      case "store":
        this.#store(statement.access, this.#value(statement.value));
        return next;
      case "atomic": {
        this.#locate(statement.access);
        const old = this.#load(statement.access, "write");
        const value = this.#value(statement.value);
        const { width } = statement.access;
        this.#temporaries.set(statement.result.id, old);
        this.#store(statement.access, combine(statement.operator, width, old, value));
        return next;
      }
      case "compareAndSwap": {
        this.#locate(statement.access);
        const old = this.#load(statement.access, "write");
        const [expected, value] = [this.#value(statement.expected), this.#value(statement.value)];
        this.#temporaries.set(statement.result.id, old);
        if (old === expected) this.#store(statement.access, value);
        return next;
      }
      case "loadReserved": {
        this.#temporaries.set(statement.result.id, this.#load(statement.access));
        this.#state.reservation = this.#value(statement.access.address);
        return next;
      }
      case "storeConditional": {
        this.#locate(statement.access);
        const holds = this.#state.reservation === this.#value(statement.access.address);
        if (holds) this.#store(statement.access, this.#value(statement.value));
        this.#state.reservation = undefined;
        this.#temporaries.set(statement.result.id, holds ? 1n : 0n);
        return next;
      }
      case "fence":
      case "instructionFence":
        return next;
      case "trap":
        return {
          kind: "trap",
          cause: Number(this.#value(statement.cause)),
          value: this.#value(statement.value),
        };
      case "illegal":
        return { kind: "illegal", bits: 0n, sizeBytes: 0 };
      case "jump":
        return { kind: "jump", target: this.#value(statement.target) };
      case "effect":
        return { kind: "effect", name: statement.name };
      case "intrinsic": {
        const operands = statement.operands.map((operand) => this.#value(operand));
        const value = callIntrinsic(this.#intrinsics, statement.name, operands);
        const { id, width } = statement.result;
        this.#temporaries.set(id, BigInt.asUintN(width, value));
        return next;
      }
      case "if":
        return this.run(this.#value(statement.condition) === 1n ? statement.then : statement.else);
      case "while":
        for (;;) {
          const tested = this.run(statement.test);
          if (tested.kind !== "next") return tested;
          if (this.#value(statement.condition) === 0n) return next;
          const outcome = this.run(statement.body);
          if (outcome.kind !== "next") return outcome;
        }
      case "assign":
        this.#temporaries.set(statement.variable.id, this.#value(statement.value));
        return next;
    }
  }
}

function combine(
  operator: Extract<Statement, { kind: "atomic" }>["operator"],
  width: number,
  old: bigint,
  value: bigint,
): bigint {
  switch (operator) {
    case "swap":
      return value;
    case "minSigned":
      return evaluateComparison("lessSigned", width, value, old) === 1n ? value : old;
    case "maxSigned":
      return evaluateComparison("lessSigned", width, old, value) === 1n ? value : old;
    case "minUnsigned":
      return evaluateComparison("lessUnsigned", width, value, old) === 1n ? value : old;
    case "maxUnsigned":
      return evaluateComparison("lessUnsigned", width, old, value) === 1n ? value : old;
    default:
      return evaluateBinary(operator, width, old, value);
  }
}
