/** What a body does to registers and control, found in its statements. */
import {
  type Expression,
  expressionsOf,
  operandsOf,
  type StateLayout,
  type Statement,
} from "@isovm/isa-spec";
import { type RegisterSlot, registerPlace } from "./register-slot.ts";
import { type BodyTraits, bodyTraits } from "./traits.ts";

/** A `jump` statement and where it goes. */
export interface BodyJump {
  /** The target over `pc`, `nextPc` and constants alone; undefined for an indirect jump. */
  readonly target: Expression | undefined;
  readonly statement: Extract<Statement, { kind: "jump" }>;
  /** The register that the target is held in, some bits of it cleared perhaps; else undefined. */
  readonly register: RegisterSlot | undefined;
}

/** Why only an interpreter can execute an instruction. */
export type Untranslatable =
  | "effect"
  | "intrinsic"
  | "instructionFence"
  /** The result depends on the number of instructions retired. */
  | "retired"
  /** A register's index is not constant, or the file has no such register. */
  | "register index"
  /** It never completes. */
  | "trap"
  | "illegal"
  | "illegal"
  /** A value has more than 64 bits. */
  | "width";

/** What a body does. */
export interface BodyEffects {
  readonly reads: readonly RegisterSlot[];
  /** Registers that it writes on some path. */
  readonly writes: readonly RegisterSlot[];
  /** Registers that it writes on every path that completes the instruction. */
  readonly certainWrites: readonly RegisterSlot[];
  /**
   * Whether execution may have to stop half-way and leave the instruction to the interpreter:
   * it accesses memory, computes in floating point, or traps or is illegal under a condition.
   */
  readonly mayLeave: boolean;
  /** One for each jump statement, in order. */
  readonly jumps: readonly BodyJump[];
  /** The register that it leaves the address of the next instruction in, as calls do. */
  readonly link: RegisterSlot | undefined;
  /** Whether some path goes on with the next instruction in memory. */
  readonly fallsThrough: boolean;
  readonly untranslatable: Untranslatable | undefined;
}

/** The effects of a body without fields. */
export function bodyEffects(
  body: readonly Statement[],
  layout: StateLayout,
  traits: BodyTraits = bodyTraits(body),
): BodyEffects {
  const analysis = new Analysis(layout, traits);
  const fallsThrough = analysis.list(body);
  if (fallsThrough) analysis.completed();
  const { reads, writes, jumps, mayLeave, certain = none } = analysis;
  if (!fallsThrough && jumps.length === 0) {
    const last = body[body.length - 1]?.kind;
    analysis.untranslatable ??= last === "illegal" ? last : "trap";
  }
  return {
    reads,
    writes,
    // Bodies are kept by the thousands: equal lists are one.
    certainWrites: certain.length === writes.length ? writes : certain,
    mayLeave,
    jumps,
    link: analysis.link,
    fallsThrough,
    untranslatable: analysis.untranslatable,
  };
}

const none: readonly never[] = [];

class Analysis {
  reads: readonly RegisterSlot[] = none;
  writes: readonly RegisterSlot[] = none;
  jumps: readonly BodyJump[] = none;
  mayLeave = false;
  link: RegisterSlot | undefined;
  untranslatable: Untranslatable | undefined;
  /** What all paths completed so far have written. */
  certain: readonly RegisterSlot[] | undefined;
  private readonly layout: StateLayout;
  /** What the current path has written. */
  private path: readonly RegisterSlot[] = none;
  private readonly seen: Set<Expression> | undefined;
  /** By temporary, the register that it was read from. */
  private sources: (RegisterSlot | undefined)[] | undefined;

  constructor(layout: StateLayout, { isUnusual, computesFloats }: BodyTraits) {
    this.layout = layout;
    this.mayLeave = computesFloats;
    this.seen = isUnusual ? new Set() : undefined;
  }

  /** The current path ends the instruction. */
  completed(): void {
    this.certain = this.certain ? intersection(this.certain, this.path) : this.path;
  }

  /** Walks a list; false if control never reaches its end. */
  list(list: readonly Statement[]): boolean {
    for (const statement of list) {
      if (!this.statement(statement)) return false;
    }
    return true;
  }

  private statement(statement: Statement): boolean {
    switch (statement.kind) {
      case "readRegister": {
        this.check(statement.result);
        const slot = this.slot(statement);
        if (slot && !this.reads.includes(slot)) this.reads = [...this.reads, slot];
        this.sources ??= [];
        this.sources[statement.result.id] = slot;
        return true;
      }
      case "writeRegister": {
        this.inspect(statement.value);
        const slot = this.slot(statement);
        if (!slot) return true;
        if (statement.value.kind === "nextPc") this.link ??= slot;
        const isOnlyPath = this.path === this.writes;
        if (!this.writes.includes(slot)) this.writes = [...this.writes, slot];
        if (isOnlyPath) this.path = this.writes;
        else if (!this.path.includes(slot)) this.path = [...this.path, slot];
        return true;
      }
      case "jump":
        this.inspect(statement.target);
        this.jumps = [
          ...this.jumps,
          {
            target: isStatic(statement.target) ? statement.target : undefined,
            statement,
            register: this.heldIn(statement.target),
          },
        ];
        this.completed();
        return false;
      case "if":
        return this.choice(statement);
      case "while":
        return this.loop(statement);
      case "assign":
        this.inspect(statement.value);
        return true;
      case "instructionFence":
      case "intrinsic":
        this.untranslatable ??= statement.kind;
        return true;
      case "effect":
        this.untranslatable ??= "effect";
        return false;
      case "fence":
        return true;
      default:
        this.mayLeave = true;
        if (this.seen) for (const expression of expressionsOf(statement)) this.inspect(expression);
        return statement.kind !== "trap" && statement.kind !== "illegal";
    }
  }

  private choice(statement: Extract<Statement, { kind: "if" }>): boolean {
    this.inspect(statement.condition);
    const before = this.path;
    const thenCompletes = this.list(statement.then);
    const afterThen = this.path;
    this.path = before;
    const elseCompletes = this.list(statement.else);
    if (!elseCompletes) this.path = afterThen;
    else if (thenCompletes) this.path = intersection(this.path, afterThen);
    return thenCompletes || elseCompletes;
  }

  private loop(statement: Extract<Statement, { kind: "while" }>): boolean {
    const testCompletes = this.list(statement.test);
    this.inspect(statement.condition);
    const left = this.path;
    this.list(statement.body);
    this.path = left;
    return testCompletes;
  }

  private slot({
    register: { file, index },
  }: Extract<Statement, { kind: "readRegister" | "writeRegister" }>): RegisterSlot | undefined {
    const place = registerPlace(this.layout, file, index);
    if (typeof place !== "string") return place;
    if (place === "unknown") this.untranslatable ??= "register index";
    return undefined;
  }

  private heldIn(target: Expression): RegisterSlot | undefined {
    const isMasked =
      target.kind === "binary" && target.operator === "and" && target.right.kind === "constant";
    const held = isMasked ? target.left : target;
    return held.kind === "temporary" ? this.sources?.[held.id] : undefined;
  }

  private check({ width }: { readonly width: number }): void {
    if (width > 64) this.untranslatable ??= "width";
  }

  private inspect(expression: Expression): void {
    if (!this.seen) return;
    switch (expression.kind) {
      case "constant":
      case "temporary":
      case "variable":
      case "pc":
      case "nextPc":
        this.check(expression);
        return;
      case "retired":
        this.untranslatable ??= "retired";
        return;
    }
    if (this.seen.has(expression)) return;
    this.seen.add(expression);
    this.check(expression);
    for (const operand of operandsOf(expression)) this.inspect(operand);
  }
}

function intersection(
  a: readonly RegisterSlot[],
  b: readonly RegisterSlot[],
): readonly RegisterSlot[] {
  return a.filter((slot) => b.includes(slot));
}

/** Whether the value depends on the place of the instruction alone. */
function isStatic(expression: Expression): boolean {
  switch (expression.kind) {
    case "constant":
    case "pc":
    case "nextPc":
      return true;
    case "field":
    case "temporary":
    case "variable":
    case "retired":
      return false;
    default:
      return operandsOf(expression).every(isStatic);
  }
}
