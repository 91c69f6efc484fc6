/**
 * The predecoder: the ISA's decision tree as WebAssembly, filling one record from the bytes of one
 * instruction.
 */
import { type DecisionNode, decisionTree, rowSizes } from "@isovm/decoder";
import {
  type Expression,
  encodedBits,
  type Framing,
  type Instruction,
  type Isa,
  type Pattern,
  UnsupportedError,
} from "@isovm/isa-spec";
import {
  type FunctionBuilder,
  type FunctionIndex,
  type Local,
  type LoweringTarget,
  lowerExpression,
  type ModuleBuilder,
  pushConstant,
  type RuntimeLibrary,
  resize,
  typeOf,
} from "@isovm/wasm";
import { fixedHandler, pageHeaderBytes } from "./context.ts";
import { FusionCode } from "./fusion.ts";
import type { Slot, SlotPlan } from "./record.ts";

/** A row with its plan and the numbers of its handlers. */
export interface PlannedRow {
  readonly row: Instruction;
  readonly plan: SlotPlan;
  readonly handler: number;
  /** The handler whose jumps stay in the page. */
  readonly localHandler: number | undefined;
  /** Handlers of this row and another one behind it, numbered in sequence. */
  readonly fused: readonly { readonly handler: number; readonly second: PlannedRow }[];
}

/** Byte offsets in the header before a page's records. */
export const pageHeader: Readonly<
  Record<"code" | "sizeBytes" | "localBytes" | "isUnmarked", number>
> = {
  /** Byte offset in linear memory of the code. */
  code: -pageHeaderBytes,
  /** Bytes of records: an instruction that needs more goes on in the next page. */
  sizeBytes: -pageHeaderBytes + 4,
  /** Jumps to records below this many bytes stay in the page. */
  localBytes: -pageHeaderBytes + 8,
  /** 1 if the page isn't marked as code, so that stores to it go unnoticed: nothing is decoded. */
  isUnmarked: -pageHeaderBytes + 12,
};

/**
 * Adds `decode(record: i32, page: i32)` to a module; `page` is the byte offset of the first record
 * of the record's page. `mark(page)` is called if the page has to be marked as code before.
 */
export function addPredecoder(
  module: ModuleBuilder,
  isa: Isa,
  rows: readonly PlannedRow[],
  library: RuntimeLibrary,
  shift: number,
  mark: FunctionIndex,
): FunctionIndex {
  const { framing } = isa;
  if (framing.prefixes || framing.lengths.length === 0) {
    throw new UnsupportedError("prefixes and lengths without a rule are not predecoded yet", {
      feature: "instruction streams with prefixes",
    });
  }
  const { parcelBytes } = framing;
  const fusion = new FusionCode(module, rows, shift);
  const overlap = { widths: handlersByWidth(rows, parcelBytes), shift, parcelBytes, fusion };
  const fillers = rows.map((planned) => addFiller(module, planned, library, overlap));
  const decode = module.declareFunction("decode", ["i32", "i32"], [], ["record", "page"]);
  module.defineFunction(decode, (code) => {
    const [record, page] = code.params;
    if (!record || !page) return;
    code.localGet(page);
    code.i32Const(pageHeader.isUnmarked);
    code.i32Add();
    code.i32Load(0);
    code.if(() => {
      code.localGet(page);
      code.call(mark);
    });
    const bytes = code.local("i32", "bytes");
    code.localGet(page);
    code.i32Const(pageHeader.code);
    code.i32Add();
    code.i32Load(0);
    code.localGet(record);
    code.localGet(page);
    code.i32Sub();
    code.i32Const(shift);
    code.i32ShrU();
    code.i32Add();
    code.localSet(bytes);
    const parcel = code.local("i32", "parcel");
    loadWord(code, bytes, framing.parcelBytes, framing.byteOrder);
    code.localSet(parcel);
    const sizes = new Set(rowSizes(isa));
    for (const { mask, match, sizeBytes } of framing.lengths) {
      code.localGet(parcel);
      code.i32Const(mask);
      code.i32And();
      code.i32Const(match);
      code.i32Eq();
      code.if(() => {
        if (sizeBytes > framing.parcelBytes) {
          // Does it go on in the next page?
          code.localGet(record);
          code.localGet(page);
          code.i32Sub();
          code.i32Const(sizeBytes << shift);
          code.i32Add();
          code.localGet(page);
          code.i32Const(pageHeader.sizeBytes);
          code.i32Add();
          code.i32Load(0);
          code.i32GtU();
          code.if(() => finish(code, record, fixedHandler.straddle));
        }
        const word = code.local(sizeBytes <= 4 ? "i32" : "i64", "word");
        loadWord(code, bytes, sizeBytes, framing.byteOrder);
        code.localSet(word);
        const arguments_ = { record, page, word };
        if (sizes.has(sizeBytes)) {
          emitTree(code, decisionTree(isa, sizeBytes), arguments_, sizeBytes * 8, fillers);
        } else {
          finish(code, record, fixedHandler.illegal);
        }
      });
    }
    finish(code, record, fixedHandler.illegal);
  });
  return decode;
}

/** Pushes the word of `sizeBytes` bytes at the byte offset in `bytes`. */
function loadWord(
  code: FunctionBuilder,
  bytes: Local,
  sizeBytes: number,
  byteOrder: Framing["byteOrder"],
): void {
  if (byteOrder === "little" && [1, 2, 4, 8].includes(sizeBytes)) {
    code.localGet(bytes);
    if (sizeBytes === 1) code.i32Load8U(0);
    else if (sizeBytes === 2) code.i32Load16U(0, 1);
    else if (sizeBytes === 4) code.i32Load(0, 1);
    else code.i64Load(0, 1);
    return;
  }
  if (sizeBytes > 8) {
    throw new UnsupportedError(`instructions of ${sizeBytes} bytes are not predecoded yet`, {
      feature: `${sizeBytes}-byte instructions`,
    });
  }
  const wide = sizeBytes > 4;
  for (let index = 0; index < sizeBytes; index += 1) {
    const place = 8 * (byteOrder === "big" ? sizeBytes - 1 - index : index);
    code.localGet(bytes);
    if (wide) {
      code.i64Load8U(index);
      code.i64Const(place);
      code.i64Shl();
      if (index > 0) code.i64Or();
    } else {
      code.i32Load8U(index);
      code.i32Const(place);
      code.i32Shl();
      if (index > 0) code.i32Or();
    }
  }
}

/** Gives the record its handler and returns. */
function finish(code: FunctionBuilder, record: Local, handler: number): void {
  code.localGet(record);
  code.i32Const(handler);
  code.i32Store16(0);
  code.return();
}

interface Arguments {
  readonly record: Local;
  readonly page: Local;
  readonly word: Local;
}

function emitTree(
  code: FunctionBuilder,
  node: DecisionNode,
  arguments_: Arguments,
  wordWidth: number,
  fillers: readonly FunctionIndex[],
): void {
  const { record, page, word } = arguments_;
  const filler = node.kind === "test" ? fillers[node.rowIndex] : undefined;
  if (node.kind === "illegal" || (node.kind === "test" && filler === undefined)) {
    return finish(code, record, fixedHandler.illegal);
  }
  if (node.kind === "test") {
    pushTest(code, node, word, wordWidth);
    code.if(() => {
      code.localGet(record);
      code.localGet(page);
      code.localGet(word);
      if (filler !== undefined) code.call(filler);
      code.return();
    });
    return emitTree(code, node.otherwise, arguments_, wordWidth, fillers);
  }
  const distinct = [...new Set(node.children)];
  const outer = code.beginBlock();
  const labels = distinct.map(() => code.beginBlock()).reverse();
  pushBits(code, word, wordWidth, node.low, node.width);
  code.brTable(
    node.children.map((child) => labels[distinct.indexOf(child)] ?? outer),
    outer,
  );
  distinct.forEach((child, index) => {
    const label = labels[index];
    if (label) code.end(label);
    emitTree(code, child, arguments_, wordWidth, fillers);
  });
  code.end(outer);
}

/** Pushes bits of the word as an i32. */
function pushBits(
  code: FunctionBuilder,
  word: Local,
  wordWidth: number,
  low: number,
  width: number,
): void {
  code.localGet(word);
  if (wordWidth > 32) {
    code.i64Const(low);
    code.i64ShrU();
    code.i32WrapI64();
  } else if (low > 0) {
    code.i32Const(low);
    code.i32ShrU();
  }
  if (width < 32) {
    code.i32Const(2 ** width - 1);
    code.i32And();
  }
}

function pushTest(
  code: FunctionBuilder,
  node: Extract<DecisionNode, { kind: "test" }>,
  word: Local,
  wordWidth: number,
): void {
  const type = typeOf(wordWidth);
  code.localGet(word);
  pushConstant(code, wordWidth, node.mask);
  if (type === "i32") code.i32And();
  else code.i64And();
  pushConstant(code, wordWidth, node.match);
  if (type === "i32") code.i32Eq();
  else code.i64Eq();
  for (const { operand, excluded } of node.guards) {
    const width = node.row.operands[operand]?.width ?? 0;
    for (const value of excluded) {
      // Bits that aren't encoded are zero; a value that has one of them can't occur.
      if (value & ~encodedBits(node.row.pattern, operand)) continue;
      pushField(code, node.row.pattern, operand, width, word, wordWidth);
      pushConstant(code, width, value);
      if (typeOf(width) === "i32") code.i32Ne();
      else code.i64Ne();
      code.i32And();
    }
  }
}

/** Pushes a field of the word, in the type of its width. */
function pushField(
  code: FunctionBuilder,
  pattern: Pattern,
  field: string,
  width: number,
  word: Local,
  wordWidth: number,
): void {
  let first = true;
  for (const piece of pattern.pieces.filter((candidate) => candidate.field === field)) {
    if (piece.width > 32) {
      throw new UnsupportedError(`${field} has ${piece.width} contiguous bits`, {
        feature: "fields of more than 32 bits",
      });
    }
    pushBits(code, word, wordWidth, piece.wordLow, piece.width);
    resize(code, 32, width);
    if (piece.fieldLow > 0) {
      pushConstant(code, width, BigInt(piece.fieldLow));
      if (typeOf(width) === "i32") code.i32Shl();
      else code.i64Shl();
    }
    if (!first) {
      if (typeOf(width) === "i32") code.i32Or();
      else code.i64Or();
    }
    first = false;
  }
}

/** Adds the function that fills a record for one row: `(record, page, word)`. */
function addFiller(
  module: ModuleBuilder,
  planned: PlannedRow,
  library: RuntimeLibrary,
  overlap: Omit<Overlap, "parcels">,
): FunctionIndex {
  const { row, plan, handler, localHandler } = planned;
  const { shift, parcelBytes, fusion } = overlap;
  const wordWidth = row.pattern.width;
  const wordType = typeOf(wordWidth);
  const name = `fill ${row.mnemonic}`;
  const index = module.declareFunction(
    name,
    ["i32", "i32", wordType],
    [],
    ["record", "page", "word"],
  );
  module.defineFunction(index, (code) => {
    const [record, page, word] = code.params;
    if (!record || !page || !word) return;
    const push = (expression: Expression): void =>
      lowerExpression(expression, wordTarget(code, row, word, wordWidth), library);
    const jumpSlots = new Set(plan.jumps.values());
    for (const slot of plan.slots) {
      if (jumpSlots.has(slot)) continue;
      code.localGet(record);
      pushSlotContent(code, slot, push);
      storeSlot(code, slot, contentWidth(slot));
    }
    const local = code.local("i32", "local");
    code.i32Const(1);
    code.localSet(local);
    for (const slot of jumpSlots) {
      if (slot.content.kind !== "value") continue;
      const distance = code.local("i32", "distance");
      push(slot.content.expression);
      resize(code, slot.content.expression.width, 32);
      code.i32Const(shift);
      code.i32Shl();
      code.localSet(distance);
      code.localGet(record);
      code.localGet(distance);
      code.i32Store(slot.offset);
      code.localGet(record);
      code.localGet(page);
      code.i32Sub();
      code.localGet(distance);
      code.i32Add();
      code.localGet(page);
      code.i32Const(pageHeader.localBytes);
      code.i32Add();
      code.i32Load(0);
      code.i32LtU();
      code.localGet(local);
      code.i32And();
      code.localSet(local);
    }
    clearOverlapping(code, record, page, { ...overlap, parcels: row.sizeBytes / parcelBytes });
    const number = code.local("i32", "handler");
    if (localHandler === undefined) {
      code.i32Const(handler);
    } else {
      code.i32Const(localHandler);
      code.i32Const(handler);
      code.localGet(local);
      code.select();
    }
    code.localSet(number);
    fusion.fuse(code, planned, { record, page, handler: number });
    code.localGet(record);
    code.localGet(number);
    code.i32Store16(0);
  });
  return index;
}

/** What {@link clearOverlapping} must know of the instruction and of all others. */
interface Overlap {
  readonly parcels: number;
  /** By number of parcels: the first handler of instructions with so many or more. */
  readonly widths: ReadonlyMap<number, number>;
  readonly shift: number;
  readonly parcelBytes: number;
  readonly fusion: FusionCode;
}

/**
 * Instructions may overlap when somebody jumps into the middle of one; their records then take
 * turns. Makes those undecoded that share a piece with the record that was just filled.
 */
function clearOverlapping(
  code: FunctionBuilder,
  record: Local,
  page: Local,
  { parcels, widths, shift, parcelBytes, fusion }: Overlap,
): void {
  const pieceBytes = parcelBytes << shift;
  for (let later = 1; later < parcels; later += 1) {
    code.localGet(record);
    code.i32Const(fixedHandler.undecoded);
    code.i32Store16(later * pieceBytes);
  }
  for (const [width, firstHandler] of widths) {
    // One with `width` parcels or more reaches here from `width - 1` parcels before.
    const earlier = width - 1;
    const before = code.local("i32", "before");
    code.localGet(record);
    code.i32Const(earlier * pieceBytes);
    code.i32Sub();
    code.localTee(before);
    code.localGet(page);
    code.i32GeU();
    code.if(() => {
      code.localGet(before);
      code.i32Load16U(0);
      code.i32Const(firstHandler);
      code.i32GeU();
      code.if(() => {
        code.localGet(before);
        code.i32Const(fixedHandler.undecoded);
        code.i32Store16(0);
        fusion.undo(code, before, page);
      });
    });
  }
}

/** By number of parcels from 2 up: the first handler of instructions with so many or more. */
function handlersByWidth(
  rows: readonly PlannedRow[],
  parcelBytes: number,
): ReadonlyMap<number, number> {
  const longest = Math.max(...rows.map(({ row }) => row.sizeBytes / parcelBytes));
  const widths = new Map<number, number>();
  for (let width = 2; width <= longest; width += 1) {
    const handlers = rows
      .filter(({ row }) => row.sizeBytes / parcelBytes >= width)
      .map(({ handler }) => handler);
    widths.set(width, Math.min(...handlers));
  }
  return widths;
}

function contentWidth({ content }: Slot): number {
  return content.kind === "register" ? 32 : content.expression.width;
}

function pushSlotContent(
  code: FunctionBuilder,
  { content }: Slot,
  push: (expression: Expression) => void,
): void {
  if (content.kind === "value") return push(content.expression);
  const { offset, strideBytes, sinkOffset, definition } = content.file;
  const place = code.local("i32", "place");
  push(content.index);
  resize(code, content.index.width, 32);
  code.i32Const(strideBytes);
  code.i32Mul();
  code.i32Const(offset);
  code.i32Add();
  code.localSet(place);
  if (content.write && sinkOffset !== undefined && definition.zero !== undefined) {
    code.i32Const(sinkOffset);
    code.localGet(place);
    code.localGet(place);
    code.i32Const(offset + definition.zero * strideBytes);
    code.i32Eq();
    code.select();
  } else {
    code.localGet(place);
  }
}

function storeSlot(code: FunctionBuilder, { offset, sizeBytes }: Slot, width: number): void {
  const wide = typeOf(width) === "i64";
  if (sizeBytes === 1) wide ? code.i64Store8(offset) : code.i32Store8(offset);
  else if (sizeBytes === 2) wide ? code.i64Store16(offset) : code.i32Store16(offset);
  else if (sizeBytes === 4) wide ? code.i64Store32(offset) : code.i32Store(offset);
  else {
    resize(code, width, 64);
    code.i64Store(offset);
  }
}

/** A target for expressions of the instruction word alone. */
function wordTarget(
  code: FunctionBuilder,
  row: Instruction,
  word: Local,
  wordWidth: number,
): LoweringTarget {
  const never = (): never => {
    throw new RangeError("an expression of the instruction word has no effects");
  };
  return {
    code,
    memory: { load: never, store: never, locate: never },
    reservationOffset: 0,
    leaf(expression) {
      if (expression.kind !== "field") return never();
      pushField(code, row.pattern, expression.name, expression.width, word, wordWidth);
    },
    readRegister: never,
    writeRegister: never,
    float: never,
    intrinsic: never,
    trap: never,
    illegal: never,
    effect: never,
    jump: never,
    instructionFence: never,
  };
}
