/** What the baseline translation knows of a row. */
import {
  type Expression,
  expressionsOf,
  type Instruction,
  type Isa,
  operandsOf,
  type RecordSlot,
  type RecordSlots,
  type RegisterReference,
  type Statement,
} from "@isovm/isa-spec";
import type { Recorder } from "./recorder.ts";
import { placeOf } from "./register-place.ts";
import type { AccessMode, RegisterPlace, Template } from "./template.ts";

/** The only access of a row to memory, if it is at a distance from a register. */
export interface RowAccess {
  readonly base: RegisterPlace;
  /** Width in bits of the register. */
  readonly baseWidth: number;
  /** The distance in bytes: a constant, or a signed value in the record. */
  readonly distance: number | RecordSlot;
  readonly direction: "read" | "write";
  readonly sizeBytes: number;
}

/** Where control goes from the instructions of a row. */
export interface RowFlow {
  readonly fallsThrough: boolean;
  /** Distances of its direct jumps, in bytes of records. */
  readonly jumps: readonly RecordSlot[];
  readonly isIndirect: boolean;
  /** The register that it leaves the next instruction's address in, if it jumps, too. */
  readonly link: RegisterPlace | undefined;
  /** Where such an address is of no use: what a hard-wired zero is written to. */
  readonly sink: number | undefined;
  /** What the row itself says of its jump. */
  readonly isCall: boolean;
}

/** A row whose instructions can be part of baseline regions. */
export class RowCode {
  readonly row: Instruction;
  readonly parcels: number;
  readonly flow: RowFlow;
  readonly writes: readonly RegisterPlace[];
  readonly access: RowAccess | undefined;
  readonly #slots: RecordSlots;
  readonly #templates: Partial<Record<AccessMode, Template | null>> = {};

  constructor(row: Instruction, slots: RecordSlots, isa: Isa) {
    const found = survey(row.semantics.body);
    const place = (register: RegisterReference) => placeOf(register, slots, isa);
    this.row = row;
    this.#slots = slots;
    this.parcels = row.sizeBytes / isa.framing.parcelBytes;
    this.writes = found.writes.flatMap(({ register }) => place(register) ?? []);
    this.access = rowAccess(found.accesses, row.semantics.body, slots, place);
    const link = found.writes.find(({ value }) => value.kind === "nextPc")?.register;
    const direct = found.jumps.flatMap((jump) => slots.jumps.get(jump) ?? []);
    this.flow = {
      fallsThrough: found.fallsThrough,
      jumps: direct,
      isIndirect: direct.length < found.jumps.length,
      link: found.jumps.length > 0 && link ? place(link) : undefined,
      sink: link && isa.layout.files.get(link.file)?.sinkOffset,
      isCall: found.jumps.some(({ hint }) => hint !== undefined && hint !== "return"),
    };
  }

  /** The code of its instructions; undefined if there is none. */
  template(mode: AccessMode, recorder: Recorder): Template | undefined {
    let made = this.#templates[mode];
    if (made === undefined) {
      made = recorder.record(this.row, this.#slots, mode) ?? null;
      this.#templates[mode] = made;
    }
    return made ?? undefined;
  }
}

/** Whether only an interpreter can execute the instructions of a row. */
export function isUntranslatable({ semantics }: Instruction): boolean {
  const seen = new Set<Expression>();
  const isUnusual = (expression: Expression): boolean => {
    if (seen.has(expression)) return false;
    seen.add(expression);
    return (
      expression.kind === "retired" ||
      expression.width > 64 ||
      operandsOf(expression).some(isUnusual)
    );
  };
  const visit = (list: readonly Statement[]): boolean =>
    list.some((statement) => {
      switch (statement.kind) {
        case "effect":
        case "intrinsic":
        case "instructionFence":
          return true;
        case "if":
          return isUnusual(statement.condition) || visit(statement.then) || visit(statement.else);
        case "while":
          return isUnusual(statement.condition) || visit(statement.test) || visit(statement.body);
        default:
          return expressionsOf(statement).some(isUnusual);
      }
    });
  return visit(semantics.body);
}

type JumpStatement = Extract<Statement, { kind: "jump" }>;
type WriteStatement = Extract<Statement, { kind: "writeRegister" }>;

interface Survey {
  readonly jumps: readonly JumpStatement[];
  readonly writes: readonly WriteStatement[];
  /** Statements that access memory; one that is not always executed is there twice. */
  readonly accesses: readonly Statement[];
  readonly fallsThrough: boolean;
}

function survey(body: readonly Statement[]): Survey {
  const jumps: JumpStatement[] = [];
  const writes: WriteStatement[] = [];
  const accesses: Statement[] = [];
  /** Gives whether control reaches the end of the list. */
  const visit = (list: readonly Statement[], isNested: boolean): boolean => {
    for (const statement of list) {
      switch (statement.kind) {
        case "jump":
          jumps.push(statement);
          return false;
        case "trap":
        case "illegal":
          return false;
        case "writeRegister":
          writes.push(statement);
          break;
        case "if": {
          const completesThen = visit(statement.then, true);
          const completesElse = visit(statement.else, true);
          if (!completesThen && !completesElse) return false;
          break;
        }
        case "while":
          visit(statement.test, true);
          visit(statement.body, true);
          break;
        case "readRegister":
        case "assign":
        case "fence":
          break;
        default:
          accesses.push(statement);
          if (isNested) accesses.push(statement);
      }
    }
    return true;
  };
  const fallsThrough = visit(body, false);
  return { jumps, writes, accesses, fallsThrough };
}

function rowAccess(
  accesses: readonly Statement[],
  body: readonly Statement[],
  slots: RecordSlots,
  place: (register: RegisterReference) => RegisterPlace | undefined,
): RowAccess | undefined {
  const [statement, another] = accesses;
  if (another || (statement?.kind !== "load" && statement?.kind !== "store")) return undefined;
  const { access, kind } = statement;
  if (access.alignment === "required") return undefined;
  const { address } = access;
  const sum = address.kind === "binary" && address.operator === "add" ? address : undefined;
  const held = sum ? sum.left : address;
  if (held.kind !== "temporary") return undefined;
  const distance = sum ? distanceOf(sum.right, slots) : 0;
  const read = body.find((other) => other.kind === "readRegister" && other.result.id === held.id);
  if (distance === undefined || read?.kind !== "readRegister") return undefined;
  const base = place(read.register);
  if (!base || read.register.width !== address.width) return undefined;
  return {
    base,
    baseWidth: address.width,
    distance,
    direction: kind === "load" ? "read" : "write",
    sizeBytes: access.width / 8,
  };
}

function distanceOf(expression: Expression, slots: RecordSlots): number | RecordSlot | undefined {
  if (expression.kind === "constant") {
    const value = Number(BigInt.asIntN(expression.width, expression.value));
    return Math.abs(value) < 2 ** 31 ? value : undefined;
  }
  const slot = slots.values.get(expression);
  return slot && slot.sizeBytes <= 4 ? slot : undefined;
}
