/**
 * Records templates: lowers a row over the slots of its records. Registers stay in memory. A host's
 * baseline compiler would have to move locals to memory wherever control meets, and flat code is left
 * as soon as its registers are loaded.
 */
import type {
  Expression,
  FloatOperation,
  FloatPolicy,
  float,
  Instruction,
  Isa,
  MemoryAccess,
  RecordSlots,
  RegionPlaces,
  RegisterReference,
} from "@isovm/isa-spec";
import {
  EmitError,
  type EngineLeaf,
  FloatLibrary,
  type Fragment,
  FragmentBuilder,
  type FunctionBuilder,
  type FunctionIndex,
  floatPolicyOf,
  type LoweringTarget,
  loadInstruction,
  lowerSemantics,
  type MemoryStrategy,
  ModuleBuilder,
  type Push,
  type ReadyExpressions,
  RuntimeLibrary,
  resize,
  softwareTlb,
  storeInstruction,
  typeOf,
} from "@isovm/wasm";
import {
  type Coloured,
  type GroupRange,
  pushCheckedPlace,
  pushGroupIsElsewhere,
  pushKnownPlace,
} from "../region/coloured-access.ts";
import { placeOf } from "./register-place.ts";
import type { AccessMode, FloatCall, RegisterPlace, Template, TemplateHole } from "./template.ts";

/** Numbers of the locals that the functions of baseline regions have before those of templates. */
export const regionLocals = {
  budget: 0,
  entry: 1,
  /** Where to go on. */
  next: 2,
  /** Instructions that were counted, but not executed. */
  back: 3,
  /** Where the last call comes back to, and the place of that in the table of entries. */
  return: 4,
  returnEntry: 5,
  first: 6,
} as const;

/** Checks of groups that are kept; then all are forgotten. */
const mostGroupChecks = 1 << 12;

/** What all templates of an engine share. */
export class Recorder {
  readonly isa: Isa;
  readonly places: RegionPlaces;
  readonly library: RuntimeLibrary;
  readonly floats: RecordedFloats | undefined;
  readonly #groupChecks = new Map<string, Uint8Array>();

  constructor(isa: Isa, places: RegionPlaces) {
    const policy = floatPolicyOf(isa);
    this.isa = isa;
    this.places = places;
    this.library = new RuntimeLibrary(new ModuleBuilder({ names: "none" }), { inline: true });
    this.floats = policy && new RecordedFloats(policy);
  }

  /** Code that pushes whether the accesses of a group can't be made; it takes a pair of locals. */
  groupCheck(group: GroupCheck): Uint8Array {
    const { base, baseWidth, direction, low, end } = group;
    const key = `${direction} ${base} ${low} ${end}`;
    const known = this.#groupChecks.get(key);
    if (known) return known;
    const { places } = this;
    const code = new FragmentBuilder<never>(regionLocals.first, () => {
      throw new EmitError("a check calls nothing");
    });
    if (!places.coloured) throw new EmitError("there is no colour window");
    pushGroupIsElsewhere(code, places.coloured, group, () => {
      code.i32Const(0);
      if (baseWidth > 32) code.i64Load(places.state + base);
      else code.i32Load(places.state + base);
    });
    const [made] = code.fragment().pieces;
    if (!(made instanceof Uint8Array)) throw new EmitError("a check has no holes");
    if (this.#groupChecks.size >= mostGroupChecks) this.#groupChecks.clear();
    this.#groupChecks.set(key, made);
    return made;
  }

  /** The template of a row; undefined if it can't be code with such holes. */
  record(row: Instruction, slots: RecordSlots, mode: AccessMode): Template | undefined {
    const code = new FragmentBuilder<TemplateHole>(regionLocals.first, (callee) => {
      const call = this.floats?.calls[callee];
      if (!call) throw new EmitError(`a template calls function ${callee}`);
      return { kind: "float", call };
    });
    try {
      lowerSemantics(
        row.semantics.body,
        new TemplateTarget(code, row, slots, mode, this),
        this.library,
      );
      return templateOf(code.fragment());
    } catch (error) {
      if (error instanceof EmitError) return undefined;
      throw error;
    }
  }
}

/** What a check of accesses is made from. */
export interface GroupCheck extends GroupRange {
  /** Byte offset of the register in the state. */
  readonly base: number;
}

function templateOf({ pieces, locals }: Fragment<TemplateHole>): Template {
  const parts: Uint8Array[] = [];
  const holes: TemplateHole[] = [];
  const depths: number[] = [];
  let sizeBytes = 0;
  let part: Uint8Array = new Uint8Array(0);
  for (const piece of pieces) {
    if (piece instanceof Uint8Array) {
      part = piece;
      sizeBytes += piece.length;
      continue;
    }
    parts.push(part);
    part = new Uint8Array(0);
    holes.push(piece.hole);
    depths.push(piece.depth);
  }
  parts.push(part);
  return { parts, sizeBytes, holes, depths: Uint8Array.from(depths), locals };
}

/** A floating-point library whose functions are only named. */
class RecordedFloats extends FloatLibrary {
  /** What the functions that were asked for are, by the number that stands for each. */
  readonly calls: FloatCall[] = [];

  constructor(policy: FloatPolicy) {
    super(new ModuleBuilder({ names: "none" }), policy);
  }

  override function(
    operator: float.FloatOperatorName,
    format: number,
    otherWidth = 0,
  ): FunctionIndex {
    return (this.calls.push({ operator, format, otherWidth }) - 1) as FunctionIndex;
  }
}

class TemplateTarget implements LoweringTarget {
  readonly code: FragmentBuilder<TemplateHole>;
  readonly memory: MemoryStrategy;
  readonly ready: ReadyExpressions;
  readonly reservationOffset: number;
  readonly takesFloats: boolean = true;
  readonly #row: Instruction;
  readonly #slots: RecordSlots;
  readonly #recorder: Recorder;

  constructor(
    code: FragmentBuilder<TemplateHole>,
    row: Instruction,
    slots: RecordSlots,
    mode: AccessMode,
    recorder: Recorder,
  ) {
    this.code = code;
    this.#row = row;
    this.#slots = slots;
    this.#recorder = recorder;
    const { places, isa } = recorder;
    this.reservationOffset = places.state + isa.layout.reservationOffset;
    const leave = (): void => this.#interpret();
    const { readTable, writeTable, tableEntries: entries, bank } = places;
    const lookedUp = softwareTlb({ readTable, writeTable, entries, bank, miss: leave });
    this.memory =
      mode === "lookedUp" || !places.coloured
        ? lookedUp
        : new ColouredMemory(places.coloured, lookedUp, mode === "checked", leave);
    const absorbed = new Set<Expression | undefined>([
      ...[...slots.registers.keys()].map((register) => register.index),
      ...[...slots.jumps.keys()].map((jump) => (jump.kind === "jump" ? jump.target : undefined)),
    ]);
    this.ready = {
      has: (expression) =>
        slots.values.has(expression) ||
        (absorbed.has(expression) && !slots.computed.has(expression)),
      push: (expression) => {
        const slot = slots.values.get(expression);
        if (!slot) throw new EmitError(`${row.mnemonic}: no slot for ${expression.kind}`);
        code.hole({ kind: "value", slot, width: expression.width });
      },
    };
  }

  leaf({ kind }: EngineLeaf): void {
    if (kind !== "pc" && kind !== "nextPc") throw new EmitError(`a template has no ${kind}`);
    this.code.hole({ kind });
  }

  readRegister(reference: RegisterReference): void {
    const { code } = this;
    code.i32Const(0);
    code.opcode(typeOf(reference.width) === "i32" ? "i32Load" : "i64Load");
    code.hole({ kind: "register", place: this.#placeOf(reference) });
  }

  writeRegister(reference: RegisterReference, _index: Push | undefined, value: Push): void {
    const { code } = this;
    const { file, index } = reference;
    const zero = this.#recorder.isa.layout.files.get(file)?.definition.zero;
    if (index?.kind === "constant" && Number(index.value) === zero) return;
    code.i32Const(0);
    value();
    code.opcode(typeOf(reference.width) === "i32" ? "i32Store" : "i64Store");
    code.hole({ kind: "register", place: this.#placeOf(reference) });
  }

  float(operation: FloatOperation): void {
    const { floats } = this.#recorder;
    if (!floats) throw new EmitError(`no floating-point policy for ${operation.operator}`);
    floats.emitOperation(this.code, operation, { asFloats: true });
  }

  intrinsic(name: string): void {
    throw new EmitError(`a template can't call ${name}`);
  }

  trap(): void {
    this.#interpret();
  }

  illegal(): void {
    this.#interpret();
  }

  effect(): void {
    this.#interpret();
  }

  instructionFence(): void {
    this.#interpret();
  }

  jump(target: Expression, push: (expression: Expression) => void): void {
    const { code } = this;
    for (const [jump, slot] of this.#slots.jumps) {
      if (jump.kind === "jump" && jump.target === target) return code.hole({ kind: "goto", slot });
    }
    push(target);
    resize(code, target.width, 64);
    code.localSet({ index: regionLocals.next, type: "i64", name: "next" });
    code.hole({ kind: "jump" });
  }

  #interpret(): void {
    this.code.hole({ kind: "interpret" });
  }

  #placeOf(reference: RegisterReference): RegisterPlace {
    const place = placeOf(reference, this.#slots, this.#recorder.isa);
    if (place) return place;
    throw new EmitError(`${this.#row.mnemonic} has registers that are known at run time only`);
  }
}

/** Accesses in the colour window, whose pages are compared or were. */
class ColouredMemory implements MemoryStrategy {
  readonly #coloured: Coloured;
  readonly #lookedUp: MemoryStrategy;
  readonly #isChecked: boolean;
  readonly #leave: () => void;

  constructor(coloured: Coloured, lookedUp: MemoryStrategy, isChecked: boolean, leave: () => void) {
    this.#coloured = coloured;
    this.#lookedUp = lookedUp;
    this.#isChecked = isChecked;
    this.#leave = leave;
  }

  load(code: FunctionBuilder, access: MemoryAccess, address: Push): void {
    this.#pushPlace(code, access, address, "read");
    loadInstruction(code, access, this.#coloured.start);
  }

  store(code: FunctionBuilder, access: MemoryAccess, address: Push, value: Push): void {
    this.#pushPlace(code, access, address, "write");
    value();
    storeInstruction(code, access, this.#coloured.start);
  }

  locate(code: FunctionBuilder, access: MemoryAccess, address: Push): void {
    this.#lookedUp.locate(code, access, address);
  }

  #pushPlace(
    code: FunctionBuilder,
    access: MemoryAccess,
    address: Push,
    direction: "read" | "write",
  ): void {
    if (!this.#isChecked) return pushKnownPlace(code, this.#coloured, access, address);
    pushCheckedPlace(code, this.#coloured, access, address, direction, this.#leave);
  }
}
