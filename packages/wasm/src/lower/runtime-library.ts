/**
 * Operators that take more than one instruction: functions of the generated module, each made when
 * first used, or code in place.
 */
import type { BinaryOperator, Expression } from "@isovm/isa-spec";
import type { FunctionBuilder, FunctionIndex, ModuleBuilder } from "../emit/index.ts";
import type { Push } from "./arithmetic.ts";
import { type Operand, partialOperators } from "./partial-operators.ts";
import { typeOf } from "./representation.ts";

/** How a {@link RuntimeLibrary} emits its operators. */
export interface RuntimeLibraryOptions {
  /**
   * Emits them in place: for code that is compiled by an optimising compiler and keeps much in
   * locals, which a call makes it spill. By default they are calls.
   */
  readonly inline?: boolean;
}

/** Operators that are calls of functions of the module, or code in place. */
export class RuntimeLibrary {
  readonly #module: ModuleBuilder;
  readonly #inline: boolean;
  readonly #functions = new Map<string, FunctionIndex>();

  constructor(module: ModuleBuilder, { inline = false }: RuntimeLibraryOptions = {}) {
    this.#module = module;
    this.#inline = inline;
  }

  /** Pushes the value of an expression; `push` pushes an operand's. */
  lower(
    code: FunctionBuilder,
    { operator, width, left, right }: Extract<Expression, { kind: "binary" }>,
    push: (expression: Expression) => void,
  ): void {
    if (!this.#inline) {
      push(left);
      push(right);
      return code.call(this.#function(operator, width));
    }
    const operands = { width, left: keep(code, left, push), right: keep(code, right, push) };
    emitterOf(operator)(code, operands);
  }

  #function(operator: BinaryOperator, width: number): FunctionIndex {
    const name = `${operator}${width}`;
    const known = this.#functions.get(name);
    if (known !== undefined) return known;
    const emit = emitterOf(operator);
    const type = typeOf(width);
    const index = this.#module.declareFunction(name, [type, type], [type]);
    this.#functions.set(name, index);
    this.#module.defineFunction(index, (code) => {
      const parameter = (position: number): Push => {
        const local = code.params[position];
        return () => local && code.localGet(local);
      };
      emit(code, { width, left: { push: parameter(0) }, right: { push: parameter(1) } });
    });
    return index;
  }
}

/** An operand that can be pushed repeatedly. */
function keep(
  code: FunctionBuilder,
  expression: Expression,
  push: (expression: Expression) => void,
): Operand {
  if (expression.kind === "constant") {
    return { push: () => push(expression), constant: expression.value };
  }
  push(expression);
  const local = code.local(typeOf(expression.width), "operand");
  code.localSet(local);
  return { push: () => code.localGet(local) };
}

function emitterOf(
  operator: BinaryOperator,
): NonNullable<(typeof partialOperators)[BinaryOperator]> {
  const emit = partialOperators[operator];
  if (!emit) throw new RangeError(`${operator} is one instruction`);
  return emit;
}
