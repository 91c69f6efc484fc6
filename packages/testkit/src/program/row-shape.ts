/** What the IR of a row tells a test generator: its memory accesses, jumps and ways to stop. */
import {
  type AlignmentPolicy,
  type Expression,
  expressionsOf,
  type Instruction,
  operandsOf,
  type RegisterReference,
  type Statement,
} from "@isovm/isa-spec";

/** Statements that touch memory. */
export type AccessStatement =
  | "load"
  | "store"
  | "atomic"
  | "compareAndSwap"
  | "loadReserved"
  | "storeConditional";

/** A register that a row names by its number and not by an operand. */
export interface FixedRegister {
  readonly file: string;
  readonly register: number;
}

/** One memory access of a row. */
export interface AccessShape {
  readonly statement: AccessStatement;
  /** Bytes accessed. */
  readonly sizeBytes: number;
  readonly alignment: AlignmentPolicy;
  /** Operands that name registers which the address is computed from. */
  readonly baseOperands: readonly string[];
  /** Registers that the address is computed from without an operand, such as a stack pointer. */
  readonly baseRegisters: readonly FixedRegister[];
  /** Operands that are part of the address themselves. */
  readonly displacementOperands: readonly string[];
}

/** A jump of a row. */
export interface JumpShape {
  /** The operand that is the distance from the instruction, if the target is that. */
  readonly distanceOperand: string | undefined;
  /** Operands that name registers which the target is computed from. */
  readonly baseOperands: readonly string[];
  /** Operands that are added to those registers. */
  readonly displacementOperands: readonly string[];
}

/** What a row can do beside computing. */
export interface RowShape {
  readonly accesses: readonly AccessShape[];
  readonly jumps: readonly JumpShape[];
  /** Names of effects, which stop an engine. */
  readonly effects: readonly string[];
  /** Whether there is a `trap` or `illegal` statement. */
  readonly traps: boolean;
  readonly fencesInstructions: boolean;
  /** Names of host functions called. */
  readonly intrinsics: readonly string[];
  /** Whether the result depends on the number of instructions retired. */
  readonly readsRetired: boolean;
  /** Registers that it writes without an operand that names them. */
  readonly fixedWrites: readonly FixedRegister[];
}

const shapes = new WeakMap<Instruction, RowShape>();

/** The shape of a row, found in its IR once. */
export function shapeOf(row: Instruction): RowShape {
  const known = shapes.get(row);
  if (known) return known;
  const shape = analyse(row.semantics.body);
  shapes.set(row, shape);
  return shape;
}

/** Statements that write memory; their faults are those of a write. */
export function writesMemory(statement: AccessStatement): boolean {
  return statement !== "load" && statement !== "loadReserved";
}

function analyse(body: readonly Statement[]): RowShape {
  const accesses: AccessShape[] = [];
  const jumps: JumpShape[] = [];
  const effects: string[] = [];
  const intrinsics: string[] = [];
  const registers = new Map<number, RegisterReference>();
  const fixedWrites: FixedRegister[] = [];
  let traps = false;
  let fencesInstructions = false;
  let readsRetired = false;

  const sources = (expression: Expression) => {
    const found = { baseOperands: [], baseRegisters: [], displacementOperands: [] } as {
      baseOperands: string[];
      baseRegisters: FixedRegister[];
      displacementOperands: string[];
    };
    walk(expression, (part) => {
      if (part.kind === "field") found.displacementOperands.push(part.name);
      if (part.kind !== "temporary") return;
      const register = registers.get(part.id);
      if (!register) return;
      const fields = register.index ? fieldsIn(register.index) : [];
      found.baseOperands.push(...fields);
      if (fields.length > 0) return;
      const { index, file } = register;
      found.baseRegisters.push({
        file,
        register: index?.kind === "constant" ? Number(index.value) : 0,
      });
    });
    return found;
  };

  const visit = (statements: readonly Statement[]): void => {
    for (const statement of statements) {
      for (const expression of expressionsOf(statement)) {
        walk(expression, (part) => {
          if (part.kind === "retired") readsRetired = true;
        });
      }
      switch (statement.kind) {
        case "readRegister":
          registers.set(statement.result.id, statement.register);
          break;
        case "writeRegister": {
          const { file, index } = statement.register;
          if (index?.kind !== "constant") break;
          fixedWrites.push({ file, register: Number(index.value) });
          break;
        }
        case "load":
        case "store":
        case "atomic":
        case "compareAndSwap":
        case "loadReserved":
        case "storeConditional": {
          const { address, width, alignment } = statement.access;
          const sizeBytes = width / 8;
          accesses.push({ statement: statement.kind, sizeBytes, alignment, ...sources(address) });
          break;
        }
        case "jump": {
          const found = sources(statement.target);
          const isRelative = found.baseOperands.length + found.baseRegisters.length === 0;
          jumps.push({
            distanceOperand: isRelative ? found.displacementOperands[0] : undefined,
            baseOperands: found.baseOperands,
            displacementOperands: found.displacementOperands,
          });
          break;
        }
        case "effect":
          effects.push(statement.name);
          break;
        case "trap":
        case "illegal":
          traps = true;
          break;
        case "instructionFence":
          fencesInstructions = true;
          break;
        case "intrinsic":
          intrinsics.push(statement.name);
          break;
        case "if":
          visit(statement.then);
          visit(statement.else);
          break;
        case "while":
          visit(statement.test);
          visit(statement.body);
          break;
        default:
      }
    }
  };
  visit(body);
  return {
    accesses,
    jumps,
    effects,
    traps,
    fencesInstructions,
    intrinsics,
    readsRetired,
    fixedWrites,
  };
}

function walk(expression: Expression, visit: (part: Expression) => void): void {
  visit(expression);
  for (const operand of operandsOf(expression)) walk(operand, visit);
}

function fieldsIn(expression: Expression): string[] {
  const names: string[] = [];
  walk(expression, (part) => {
    if (part.kind === "field") names.push(part.name);
  });
  return names;
}
