/**
 * Predecoded records: what a handler needs of one instruction.
 *
 * Each parcel of a page of guest code has a piece of the records, 8 bytes or more, that begins with
 * the number of the handler for the instruction that starts there; an instruction of several
 * parcels has their pieces to itself. The rest of the record are the row's slots: byte offsets of
 * registers in the hart's context, and values computed from the instruction word alone. Records
 * are small because interpreters wait for memory: they are read as often as code.
 */
import {
  type Expression,
  expressionsOf,
  type FileLayout,
  type Instruction,
  type Isa,
  operandsOf,
  type RegisterReference,
  type StateLayout,
  type Statement,
  UnsupportedError,
} from "@isovm/isa-spec";

/** Bytes of the handler's number at the start of each piece. */
const handlerBytes = 2;
/** Sizes that a piece can have. */
const pieceSizes = [8, 16, 32] as const;

/** The records of an ISA. */
export interface RecordFormat {
  /** Bytes of records for each parcel. */
  readonly pieceBytes: number;
  /** By row, in the ISA's order. */
  readonly plans: readonly SlotPlan[];
}

/**
 * Plans the records of all rows, with the smallest pieces that have room for every row.
 *
 * @throws UnsupportedError if a row has too many operands.
 */
export function planRecords(isa: Isa): RecordFormat {
  for (const pieceBytes of pieceSizes) {
    const plans: SlotPlan[] = [];
    for (const row of isa.instructions) {
      const pieces = row.sizeBytes / isa.framing.parcelBytes;
      const plan = planSlots(row, isa.layout, { pieces, pieceBytes });
      if (!plan) break;
      plans.push(plan);
    }
    if (plans.length === isa.instructions.length) return { pieceBytes, plans };
  }
  throw new UnsupportedError("a row has too many operands for a predecoded record", {
    feature: `${isa.name} in the fast interpreter`,
  });
}

/** The room of one instruction. */
export interface RecordRoom {
  readonly pieces: number;
  readonly pieceBytes: number;
}

/** How a slot's value is extended when it is loaded. */
export type SlotExtension = "zero" | "sign";

/** A slot of a record. */
export interface Slot {
  /** Byte offset in the record. */
  readonly offset: number;
  /** 1, 2, 4 or 8 bytes. */
  readonly sizeBytes: number;
  readonly extension: SlotExtension;
  readonly content:
    | { readonly kind: "value"; readonly expression: Expression }
    /** The byte offset of a register in the context. */
    | {
        readonly kind: "register";
        readonly index: Expression;
        readonly file: FileLayout;
        readonly write: boolean;
      };
}

/** The slots of one row and what they stand for. */
export interface SlotPlan {
  readonly slots: readonly Slot[];
  /** Expressions that are loaded from a slot. */
  readonly values: ReadonlyMap<Expression, Slot>;
  /** Register accesses whose place is loaded from a slot. */
  readonly registers: ReadonlyMap<RegisterReference, Slot>;
  /** Jumps whose distance depends on the instruction word alone. */
  readonly jumps: ReadonlyMap<Statement, Slot>;
  /** Expressions that are computed where they stand, also if a slot stands for another use. */
  readonly computed: ReadonlySet<Expression>;
}

interface Demand {
  readonly sizeBytes: number;
  readonly extension: SlotExtension;
  readonly content: Slot["content"];
  readonly uses: { expression?: Expression; register?: RegisterReference; jump?: Statement }[];
}

/**
 * Plans the slots of a row: preferably the largest expressions that depend on the instruction word
 * alone, else its fields. Undefined if not even the fields fit.
 */
export function planSlots(
  row: Instruction,
  layout: StateLayout,
  room: RecordRoom,
): SlotPlan | undefined {
  for (const largest of [true, false]) {
    const { demands, computed } = collectDemands(row.semantics.body, layout, largest);
    const plan = placeSlots(demands, room);
    if (plan) return { ...plan, computed };
  }
  return undefined;
}

/** The distance of a jump from the instruction, if it depends on the instruction word alone. */
export function jumpDistance(target: Expression): Expression | undefined {
  if (target.kind !== "binary" || target.operator !== "add") return undefined;
  if (target.left.kind === "pc" && isStatic(target.right)) return target.right;
  if (target.right.kind === "pc" && isStatic(target.left)) return target.left;
  return undefined;
}

function isStatic(expression: Expression): boolean {
  switch (expression.kind) {
    case "constant":
    case "field":
      return true;
    case "float":
      return false;
    default: {
      const operands = operandsOf(expression);
      return operands.length > 0 && operands.every(isStatic);
    }
  }
}

function hasField(expression: Expression): boolean {
  return expression.kind === "field" || operandsOf(expression).some(hasField);
}

function collectDemands(
  body: readonly Statement[],
  layout: StateLayout,
  largest: boolean,
): { demands: Map<string, Demand>; computed: Set<Expression> } {
  const demands = new Map<string, Demand>();
  const demand = (entry: Omit<Demand, "uses">, use: Demand["uses"][number]): void => {
    // A jump's slot counts records, not bytes: it is no value that anything else could use.
    const key = `${use.jump ? "jump " : ""}${keyOf(entry)}`;
    const known = demands.get(key);
    if (known) known.uses.push(use);
    else demands.set(key, { ...entry, uses: [use] });
  };
  const seen = new Set<Expression>();
  const value = (expression: Expression): void => {
    if (seen.has(expression)) return;
    seen.add(expression);
    const wanted = largest
      ? isStatic(expression) && hasField(expression)
      : expression.kind === "field";
    if (wanted) {
      const shape = slotShape(expression);
      if (shape) {
        demand({ ...shape, content: { kind: "value", expression: shape.stored } }, { expression });
        return;
      }
    }
    for (const operand of operandsOf(expression)) value(operand);
  };
  const visit = (list: readonly Statement[]): void => {
    for (const statement of list) {
      if (statement.kind === "readRegister" || statement.kind === "writeRegister") {
        const { register } = statement;
        const file = layout.files.get(register.file);
        if (register.index && file && isStatic(register.index)) {
          if (hasField(register.index)) {
            const write = statement.kind === "writeRegister" && file.sinkOffset !== undefined;
            const content = { kind: "register", index: register.index, file, write } as const;
            demand({ sizeBytes: 2, extension: "zero", content }, { register });
          }
          if (statement.kind === "writeRegister") value(statement.value);
          continue;
        }
      }
      if (statement.kind === "jump") {
        const distance = jumpDistance(statement.target);
        if (distance && hasField(distance)) {
          const content = { kind: "value", expression: distance } as const;
          demand({ sizeBytes: 4, extension: "sign", content }, { jump: statement });
          continue;
        }
      }
      for (const expression of expressionsOf(statement)) value(expression);
      if (statement.kind === "if") {
        visit(statement.then);
        visit(statement.else);
      }
      if (statement.kind === "while") {
        visit(statement.test);
        visit(statement.body);
      }
    }
  };
  visit(body);
  return { demands, computed: seen };
}

function keyOf({ content, extension, sizeBytes }: Omit<Demand, "uses">): string {
  const print = (expression: Expression): string =>
    JSON.stringify(expression, (_, value) => (typeof value === "bigint" ? `${value}n` : value));
  const shape = `${sizeBytes}${extension}`;
  if (content.kind === "value") return `${shape} ${print(content.expression)}`;
  return `${shape} ${content.file.definition.name} ${content.write} ${print(content.index)}`;
}

/** What of an expression to store, and how to get the rest back when loading. */
function slotShape(
  expression: Expression,
): { stored: Expression; sizeBytes: number; extension: SlotExtension } | undefined {
  if (expression.kind === "extend" && expression.operand.width <= 32) {
    const { operand, signed } = expression;
    // Stored sign-extended to the slot's size.
    const sizeBytes = sizeFor(operand.width);
    if (!signed) return { stored: operand, sizeBytes, extension: "zero" };
    const stored: Expression =
      operand.width === sizeBytes * 8
        ? operand
        : { kind: "extend", width: sizeBytes * 8, signed: true, operand };
    return { stored, sizeBytes, extension: "sign" };
  }
  if (expression.width > 64) return undefined;
  return { stored: expression, sizeBytes: sizeFor(expression.width), extension: "zero" };
}

function sizeFor(width: number): number {
  if (width <= 8) return 1;
  if (width <= 16) return 2;
  return width <= 32 ? 4 : 8;
}

function placeSlots(
  demands: ReadonlyMap<string, Demand>,
  room: RecordRoom,
): Omit<SlotPlan, "computed"> | undefined {
  const slots: Slot[] = [];
  const values = new Map<Expression, Slot>();
  const registers = new Map<RegisterReference, Slot>();
  const jumps = new Map<Statement, Slot>();
  const recordBytes = room.pieces * room.pieceBytes;
  const taken = new Uint8Array(recordBytes);
  for (let piece = 0; piece < room.pieces; piece += 1) {
    taken.fill(1, piece * room.pieceBytes, piece * room.pieceBytes + handlerBytes);
  }
  const bySize = [...demands.values()].sort((a, b) => b.sizeBytes - a.sizeBytes);
  for (const { sizeBytes, extension, content, uses } of bySize) {
    // Large slots from the end, so that small ones fill the gap behind the handler's number.
    let offset = recordBytes - sizeBytes;
    while (offset >= 0 && taken.subarray(offset, offset + sizeBytes).includes(1)) {
      offset -= sizeBytes;
    }
    if (offset < 0) return undefined;
    taken.fill(1, offset, offset + sizeBytes);
    const slot: Slot = { offset, sizeBytes, extension, content };
    slots.push(slot);
    for (const use of uses) {
      if (use.expression) values.set(use.expression, slot);
      if (use.register) registers.set(use.register, slot);
      if (use.jump) jumps.set(use.jump, slot);
    }
  }
  return { slots, values, registers, jumps };
}
