/**
 * Predecoded records: what a handler needs of one instruction, in 16 bytes.
 *
 * The first two bytes are the handler's number, the rest the row's slots: byte offsets of
 * registers in the hart's context, and values computed from the instruction word alone.
 */
import {
  type Expression,
  expressionsOf,
  type FileLayout,
  type Instruction,
  operandsOf,
  type RegisterReference,
  type StateLayout,
  type Statement,
  UnsupportedError,
} from "@isovm/isa-spec";

/** Bytes of a record; one stands for each parcel of a page of guest code. */
export const recordBytes = 16;

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
}

interface Demand {
  readonly sizeBytes: number;
  readonly extension: SlotExtension;
  readonly content: Slot["content"];
  readonly uses: { expression?: Expression; register?: RegisterReference; jump?: Statement }[];
}

/**
 * Plans the slots of a row: preferably the largest expressions that depend on the instruction word
 * alone, else its fields.
 *
 * @throws UnsupportedError if not even the fields fit a record.
 */
export function planSlots(row: Instruction, layout: StateLayout): SlotPlan {
  for (const largest of [true, false]) {
    const demands = collectDemands(row.semantics.body, layout, largest);
    const plan = placeSlots(demands);
    if (plan) return plan;
  }
  throw new UnsupportedError(`the operands of ${row.mnemonic} don't fit ${recordBytes} bytes`, {
    feature: `${row.mnemonic} in the fast interpreter`,
  });
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
): Map<string, Demand> {
  const demands = new Map<string, Demand>();
  const demand = (entry: Omit<Demand, "uses">, use: Demand["uses"][number]): void => {
    const key = keyOf(entry);
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
  return demands;
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

function placeSlots(demands: ReadonlyMap<string, Demand>): SlotPlan | undefined {
  const slots: Slot[] = [];
  const values = new Map<Expression, Slot>();
  const registers = new Map<RegisterReference, Slot>();
  const jumps = new Map<Statement, Slot>();
  const taken = new Uint8Array(recordBytes).fill(1, 0, 2);
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
