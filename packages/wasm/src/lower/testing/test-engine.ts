/**
 * The smallest engine for tests of the lowering: fields, registers and a flat guest memory lie in
 * one linear memory, which {@link Model} knows how to change by the definition of the IR.
 */
import {
  type Environment,
  type Expression,
  evaluate,
  evaluateBinary,
  evaluateComparison,
  type MemoryAccess,
  type RegisterReference,
  type Statement,
} from "@isovm/isa-spec";
import { type FunctionBuilder, type FunctionIndex, ModuleBuilder } from "../../emit/index.ts";
import { lowerExpression, lowerSemantics } from "../lowering.ts";
import { loadInstruction, storeInstruction } from "../memory-access.ts";
import { resize, typeOf } from "../representation.ts";
import { RuntimeLibrary, type RuntimeLibraryOptions } from "../runtime-library.ts";
import type { LoweringTarget, MemoryStrategy } from "../target.ts";

/** Byte offsets in linear memory. */
export const place = {
  /** Registers of file `r`, 8 bytes each. */
  registers: 0x100,
  /** Fields `f0` to `f9`, 8 bytes each. */
  fields: 0x200,
  reservation: 0x300,
  /** Cause (4), value (8) of a trap; target of a jump (8). */
  cause: 0x400,
  value: 0x408,
  target: 0x410,
  /** Guest address 0, and the bytes that there are. */
  guest: 0x1000,
  guestBytes: 0x100,
} as const;

/** How a body ended. */
export const ended = { next: 0, trap: 1, illegal: 2, effect: 3, jump: 4 } as const;

export const pc = 0x8000_1000n;
export const nextPc = 0x8000_1004n;
export const retired = 0x1_2345_6789n;

/** Guest addresses wrap around in the flat memory. */
const flat: MemoryStrategy = {
  load(code, access, address) {
    pushHost(code, access, address);
    loadInstruction(code, access);
  },
  store(code, access, address, value) {
    pushHost(code, access, address);
    value();
    storeInstruction(code, access);
  },
  locate: pushHost,
};

function pushHost(code: FunctionBuilder, access: MemoryAccess, address: () => void): void {
  address();
  resize(code, access.address.width, 32);
  code.i32Const(place.guestBytes - 8);
  code.i32And();
  code.i32Const(place.guest);
  code.i32Add();
}

/** A target whose functions return how the body ended. */
export function testTarget(
  code: FunctionBuilder,
  intrinsic?: FunctionIndex,
  parts: Partial<LoweringTarget> = {},
): LoweringTarget {
  const leave = (how: number): void => {
    code.i32Const(how);
    code.return();
  };
  const registerPlace = (register: RegisterReference, index: (() => void) | undefined): void => {
    if (!index) return code.i32Const(place.registers);
    index();
    resize(code, register.index?.width ?? 32, 32);
    code.i32Const(3);
    code.i32Shl();
    code.i32Const(place.registers);
    code.i32Add();
  };
  return {
    code,
    memory: flat,
    reservationOffset: place.reservation,
    leaf(expression) {
      const { width } = expression;
      if (expression.kind === "field") {
        code.i32Const(place.fields + 8 * Number(expression.name.slice(1)));
        return typeOf(width) === "i32" ? code.i32Load(0) : code.i64Load(0);
      }
      code.i64Const({ pc, nextPc, retired }[expression.kind]);
      return resize(code, 64, width);
    },
    readRegister(register, index) {
      registerPlace(register, index);
      return typeOf(register.width) === "i32" ? code.i32Load(0) : code.i64Load(0);
    },
    writeRegister(register, index, value) {
      registerPlace(register, index);
      value();
      resize(code, register.width, 64);
      code.i64Store(0);
    },
    float: () => code.unreachable(),
    intrinsic: () => (intrinsic === undefined ? code.unreachable() : code.call(intrinsic)),
    trap(cause, value) {
      code.i32Const(0);
      cause();
      code.i32Store(place.cause);
      code.i32Const(0);
      value();
      code.i64Store(place.value);
      leave(ended.trap);
    },
    illegal: () => leave(ended.illegal),
    effect: () => leave(ended.effect),
    jump(target, push) {
      code.i32Const(0);
      push(target);
      resize(code, target.width, 64);
      code.i64Store(place.target);
      leave(ended.jump);
    },
    instructionFence: () => {},
    ...parts,
  };
}

/** The compiled bodies; each returns how it ended. */
export interface Compiled {
  readonly memory: WebAssembly.Memory;
  readonly functions: readonly (() => number)[];
}

/** What an intrinsic gives in both engines: a mixture of its two operands. */
const mix = (a: bigint, b: bigint): bigint => BigInt.asUintN(64, a * 3n + b);

/** Compiles statement lists to functions over one memory. */
export function compile(bodies: readonly (readonly Statement[])[]): Compiled {
  const module = new ModuleBuilder({ validate: true });
  const intrinsic = module.importFunction("host", "mix", ["i64", "i64"], ["i64"]);
  module.importMemory("env", "memory", { initial: 1 });
  const library = new RuntimeLibrary(module);
  bodies.forEach((body, index) => {
    const name = `f${index}`;
    const declared = module.declareFunction(name, [], ["i32"]);
    module.defineFunction(declared, (code) => {
      lowerSemantics(body, testTarget(code, intrinsic), library);
      code.i32Const(ended.next);
    });
    module.exportFunction(name, declared);
  });
  const memory = new WebAssembly.Memory({ initial: 1 });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.toBytes()), {
    env: { memory },
    host: {
      mix: (a: bigint, b: bigint) => mix(BigInt.asUintN(64, a), BigInt.asUintN(64, b)),
    },
  });
  return {
    memory,
    functions: bodies.map((_, index) => instance.exports[`f${index}`] as () => number),
  };
}

/** Compiles expressions of fields `f0` and `f1` to functions from their values to the result. */
export function compileExpressions(
  expressions: readonly Expression[],
  options: RuntimeLibraryOptions = {},
): readonly ((f0: bigint, f1: bigint) => bigint)[] {
  const module = new ModuleBuilder({ validate: true });
  const library = new RuntimeLibrary(module, options);
  expressions.forEach((expression, index) => {
    const name = `f${index}`;
    const declared = module.declareFunction(name, ["i64", "i64"], ["i64"]);
    module.defineFunction(declared, (code) => {
      const target = testTarget(code, undefined, {
        leaf(leaf) {
          if (leaf.kind !== "field") return code.unreachable();
          const parameter = code.params[Number(leaf.name.slice(1))];
          if (parameter) code.localGet(parameter);
          resize(code, 64, leaf.width);
        },
      });
      lowerExpression(expression, target, library);
      resize(code, expression.width, 64);
    });
    module.exportFunction(name, declared);
  });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.toBytes()));
  return expressions.map((_, index) => {
    const compiled = exports[`f${index}`] as (a: bigint, b: bigint) => bigint;
    return (a, b) => BigInt.asUintN(64, compiled(a, b));
  });
}

/** What the statements mean, over the same layout of memory. */
export class Model implements Environment {
  readonly bytes: Uint8Array;
  readonly pc: bigint = pc;
  readonly nextPc: bigint = nextPc;
  readonly retired: bigint = retired;
  readonly #view: DataView;
  readonly #temporaries = new Map<number, bigint>();

  constructor(bytes: Uint8Array) {
    this.bytes = bytes.slice();
    this.#view = new DataView(this.bytes.buffer);
  }

  field(name: string): bigint {
    return this.#view.getBigUint64(place.fields + 8 * Number(name.slice(1)), true);
  }
  temporary(id: number): bigint {
    const value = this.#temporaries.get(id);
    if (value === undefined) throw new RangeError(`temporary ${id} has no value`);
    return value;
  }

  /** Executes a body and says how it ended. */
  run(body: readonly Statement[]): number {
    for (const statement of body) {
      const how = this.#execute(statement);
      if (how !== ended.next) return how;
    }
    return ended.next;
  }

  #value(expression: Expression): bigint {
    return evaluate(expression, this);
  }
  #register({ index }: RegisterReference): number {
    return place.registers + 8 * Number(index ? this.#value(index) : 0n);
  }
  #host(access: MemoryAccess): number {
    const address = Number(BigInt.asUintN(32, this.#value(access.address)));
    return place.guest + (address & (place.guestBytes - 8));
  }
  #load(access: MemoryAccess): bigint {
    const at = this.#host(access);
    const bytes = [...this.bytes.subarray(at, at + access.width / 8)];
    if (access.endian === "little") bytes.reverse();
    return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
  }
  #store(access: MemoryAccess, value: bigint): void {
    const at = this.#host(access);
    const size = access.width / 8;
    for (let index = 0; index < size; index += 1) {
      const shift = BigInt(8 * (access.endian === "little" ? index : size - 1 - index));
      this.bytes[at + index] = Number((value >> shift) & 0xffn);
    }
  }
  #reservationHolds(access: MemoryAccess): boolean {
    const { reservation } = place;
    return (
      this.#view.getUint32(reservation + 8, true) === 1 &&
      this.#view.getBigUint64(reservation, true) === this.#value(access.address)
    );
  }

  #execute(statement: Statement): number {
    switch (statement.kind) {
      case "readRegister": {
        const value = this.#view.getBigUint64(this.#register(statement.register), true);
        this.#temporaries.set(statement.result.id, value);
        break;
      }
      case "writeRegister": {
        const value = this.#value(statement.value);
        this.#view.setBigUint64(this.#register(statement.register), value, true);
        break;
      }
      case "load":
        this.#temporaries.set(statement.result.id, this.#load(statement.access));
        break;
      case "store":
        this.#store(statement.access, this.#value(statement.value));
        break;
      case "atomic": {
        const old = this.#load(statement.access);
        this.#temporaries.set(statement.result.id, old);
        const { operator, access } = statement;
        const value = this.#value(statement.value);
        const less = (signed: boolean): boolean =>
          evaluateComparison(signed ? "lessSigned" : "lessUnsigned", access.width, old, value) ===
          1n;
        if (operator === "swap") this.#store(access, value);
        else if (operator === "minSigned") this.#store(access, less(true) ? old : value);
        else if (operator === "maxSigned") this.#store(access, less(true) ? value : old);
        else if (operator === "minUnsigned") this.#store(access, less(false) ? old : value);
        else if (operator === "maxUnsigned") this.#store(access, less(false) ? value : old);
        else this.#store(access, evaluateBinary(operator, access.width, old, value));
        break;
      }
      case "compareAndSwap": {
        const old = this.#load(statement.access);
        this.#temporaries.set(statement.result.id, old);
        if (old === this.#value(statement.expected)) {
          this.#store(statement.access, this.#value(statement.value));
        }
        break;
      }
      case "loadReserved":
        this.#temporaries.set(statement.result.id, this.#load(statement.access));
        this.#view.setBigUint64(place.reservation, this.#value(statement.access.address), true);
        this.#view.setUint32(place.reservation + 8, 1, true);
        break;
      case "storeConditional": {
        const holds = this.#reservationHolds(statement.access);
        if (holds) this.#store(statement.access, this.#value(statement.value));
        this.#view.setUint32(place.reservation + 8, 0, true);
        this.#temporaries.set(statement.result.id, holds ? 1n : 0n);
        break;
      }
      case "trap":
        this.#view.setUint32(place.cause, Number(this.#value(statement.cause)), true);
        this.#view.setBigUint64(place.value, this.#value(statement.value), true);
        return ended.trap;
      case "illegal":
        return ended.illegal;
      case "effect":
        return ended.effect;
      case "jump":
        this.#view.setBigUint64(place.target, this.#value(statement.target), true);
        return ended.jump;
      case "intrinsic": {
        const [a = 0n, b = 0n] = statement.operands.map((operand) => this.#value(operand));
        const { id, width } = statement.result;
        this.#temporaries.set(id, BigInt.asUintN(width, mix(a, b)));
        break;
      }
      case "if":
        return this.run(this.#value(statement.condition) === 1n ? statement.then : statement.else);
      case "while":
        for (;;) {
          const tested = this.run(statement.test);
          if (tested !== ended.next) return tested;
          if (this.#value(statement.condition) === 0n) break;
          const how = this.run(statement.body);
          if (how !== ended.next) return how;
        }
        break;
      case "assign":
        this.#temporaries.set(statement.variable.id, this.#value(statement.value));
        break;
      case "fence":
      case "instructionFence":
        break;
    }
    return ended.next;
  }
}
