/**
 * Prints one function in the text format, folded: operands stand inside the instruction that
 * consumes them wherever the stack's order allows it.
 *
 * @see WebAssembly Core Specification 2.0, 6.5.12 (folded instructions)
 * @module
 */
import type { FunctionContents, ModuleContents } from "./contents.ts";
import { signatureOf } from "./contents.ts";
import { type DecodedInstruction, decodeBody, valueTypeOfCode } from "./decode-body.ts";
import {
  type Expression,
  expression,
  floatText,
  Identifiers,
  integerText,
  signatureText,
  words,
} from "./text-layout.ts";
import type { FunctionIndex, Signature } from "./types.ts";

/** Identifiers of the module's entities, by index. */
export interface ModuleIdentifiers {
  readonly functions: readonly string[];
  readonly globals: readonly string[];
}

/** An expression on the operand stack of the construct being printed. */
interface Item {
  readonly expression: Expression;
  readonly results: number;
  /** Whether it takes operands that could not be folded into it. */
  readonly takesEarlier: boolean;
}

/** A construct being printed. */
interface Construct {
  readonly kind: string;
  readonly identifier: string;
  readonly named: boolean;
  readonly signature: Signature;
  /** The condition, if it was folded into an `if`. */
  readonly condition: readonly Expression[];
  readonly takesEarlier: boolean;
  branchedTo: boolean;
  /** What stands before the `else`, once that was seen. */
  consequent: readonly Item[] | undefined;
  items: Item[];
}

/** The expression of a function with its body. */
export function functionExpression(
  module: ModuleContents,
  identifiers: ModuleIdentifiers,
  index: FunctionIndex,
  entry: FunctionContents,
): Expression {
  const signature = signatureOf(module, index) ?? { params: [], results: [] };
  const range = entry.body;
  const body = range && decodeBody(module.code.view(range.start, range.end));
  const unique = new Identifiers();
  const types = [...signature.params, ...(body?.locals ?? [])];
  const locals = types.map((_, local) => unique.add(entry.localNames[local], String(local)));
  const params = signature.params.map((type, local) => ` (param ${locals[local]} ${type})`);
  const results = signatureText({ params: [], results: signature.results });
  const head = `func ${identifiers.functions[index]}${params.join("")}${results}`;
  if (body === undefined) return expression(head);
  const first = signature.params.length;
  const declarations = body.locals.map((type, local) =>
    expression(`local ${locals[first + local]} ${type}`),
  );
  const printer = new BodyPrinter(module, identifiers, entry, locals, signature);
  for (const instruction of body.instructions) printer.add(instruction);
  return expression(head, [...declarations, ...printer.finished], true);
}

class BodyPrinter {
  /** The body's expressions, once the last `end` was added. */
  finished: readonly Expression[] = [];
  readonly #module: ModuleContents;
  readonly #identifiers: ModuleIdentifiers;
  readonly #entry: FunctionContents;
  readonly #locals: readonly string[];
  readonly #labels = new Identifiers();
  readonly #open: Construct[];
  #labelCount = 0;

  constructor(
    module: ModuleContents,
    identifiers: ModuleIdentifiers,
    entry: FunctionContents,
    locals: readonly string[],
    signature: Signature,
  ) {
    this.#module = module;
    this.#identifiers = identifiers;
    this.#entry = entry;
    this.#locals = locals;
    this.#open = [
      {
        kind: "func",
        identifier: "",
        named: false,
        signature,
        condition: [],
        takesEarlier: false,
        branchedTo: false,
        consequent: undefined,
        items: [],
      },
    ];
  }

  add(instruction: DecodedInstruction): void {
    const { mnemonic } = instruction.row;
    if (mnemonic === "block" || mnemonic === "loop" || mnemonic === "if") this.#begin(instruction);
    else if (mnemonic === "else") this.#else();
    else if (mnemonic === "end") this.#end();
    else this.#plain(instruction);
  }

  #begin({ row, immediates }: DecodedInstruction): void {
    const signature = this.#blockSignature(immediates[0] ?? 0);
    const condition = row.mnemonic === "if" ? this.#fold(1) : [];
    const takesCondition = row.mnemonic === "if" && condition.length === 0;
    const name = this.#entry.labelNames[this.#labelCount];
    this.#open.push({
      kind: row.mnemonic,
      identifier: this.#labels.add(name, `L${this.#labelCount}`),
      named: name !== undefined,
      signature,
      condition,
      takesEarlier: takesCondition || signature.params.length > 0,
      branchedTo: false,
      consequent: undefined,
      items: [],
    });
    this.#labelCount++;
  }

  #else(): void {
    const construct = this.#open.at(-1);
    if (construct === undefined) return;
    construct.consequent = construct.items;
    construct.items = [];
  }

  #end(): void {
    const construct = this.#open.pop();
    if (construct === undefined) return;
    const items = construct.items.map((item) => item.expression);
    const parent = this.#open.at(-1);
    if (parent === undefined) {
      this.finished = items;
      return;
    }
    const label = construct.named || construct.branchedTo ? ` ${construct.identifier}` : "";
    const head = `${construct.kind}${label}${signatureText(construct.signature)}`;
    let children: readonly Expression[] = items;
    if (construct.kind === "if") {
      const consequent = construct.consequent?.map((item) => item.expression);
      children = [...construct.condition, expression("then", consequent ?? items)];
      if (consequent !== undefined) children = [...children, expression("else", items)];
    }
    parent.items.push({
      expression: expression(head, children, construct.kind !== "if"),
      results: construct.signature.results.length,
      takesEarlier: construct.takesEarlier,
    });
  }

  #plain(instruction: DecodedInstruction): void {
    const { row } = instruction;
    const { takes, gives } = this.#arity(instruction);
    const operands = this.#fold(takes);
    const immediates = this.#immediates(instruction);
    const labels = row.immediates === "labelTable" ? this.#labelTexts(instruction) : [];
    const head = immediates === "" ? row.mnemonic : `${row.mnemonic} ${immediates}`;
    this.#open.at(-1)?.items.push({
      expression: expression(head, [...words(labels), ...operands]),
      results: gives,
      takesEarlier: operands.length < takes,
    });
  }

  /** Takes the last expressions as operands, if each leaves exactly one value; else none. */
  #fold(count: number): readonly Expression[] {
    const items = this.#open.at(-1)?.items ?? [];
    const operands = items.slice(items.length - count);
    if (items.length < count) return [];
    if (operands.some((item) => item.results !== 1 || item.takesEarlier)) return [];
    items.length -= count;
    return operands.map((item) => item.expression);
  }

  #arity({ row, immediates }: DecodedInstruction): { takes: number; gives: number } {
    const [first = 0] = immediates;
    switch (row.mnemonic) {
      case "unreachable":
        return { takes: 0, gives: 0 };
      case "drop":
      case "local.set":
      case "global.set":
        return { takes: 1, gives: 0 };
      case "select":
        return { takes: 3, gives: 1 };
      case "local.get":
      case "global.get":
        return { takes: 0, gives: 1 };
      case "local.tee":
        return { takes: 1, gives: 1 };
      case "return":
        return { takes: this.#open[0]?.signature.results.length ?? 0, gives: 0 };
      case "br":
        return { takes: this.#labelArity(first), gives: 0 };
      case "br_if":
        return { takes: this.#labelArity(first) + 1, gives: this.#labelArity(first) };
      case "br_table":
        return { takes: this.#labelArity(immediates.at(-1) ?? 0) + 1, gives: 0 };
      case "call":
        return this.#callArity(signatureOf(this.#module, first as FunctionIndex), 0, false);
      case "return_call":
        return this.#callArity(signatureOf(this.#module, first as FunctionIndex), 0, true);
      case "call_indirect":
        return this.#callArity(this.#module.types[first], 1, false);
      case "return_call_indirect":
        return this.#callArity(this.#module.types[first], 1, true);
      default:
        return { takes: row.operands.length, gives: row.results.length };
    }
  }

  #callArity(
    callee: Signature | undefined,
    indexes: 0 | 1,
    tail: boolean,
  ): { takes: number; gives: number } {
    return {
      takes: (callee?.params.length ?? 0) + indexes,
      gives: tail ? 0 : (callee?.results.length ?? 0),
    };
  }

  #immediates({ row, immediates, constant }: DecodedInstruction): string {
    const [first = 0, second = 0] = immediates;
    switch (row.immediates) {
      case "label":
        return this.#labelText(first);
      case "function":
        return this.#identifiers.functions[first] ?? String(first);
      case "global":
        return this.#identifiers.globals[first] ?? String(first);
      case "local":
        return this.#locals[first] ?? String(first);
      case "typeAndTable":
        return `${second === 0 ? "" : `${second} `}(type ${first})`;
      case "memoryArgument": {
        const offset = second === 0 ? [] : [`offset=${second}`];
        const alignment = first === row.alignmentLog2 ? [] : [`align=${1 << first}`];
        return [...offset, ...alignment].join(" ");
      }
      case "i32":
      case "i64":
        return integerText(constant ?? 0);
      case "f32":
      case "f64":
        return floatText(Number(constant));
      default:
        return "";
    }
  }

  #label(depth: number): Construct | undefined {
    return this.#open[this.#open.length - 1 - depth];
  }

  #labelArity(depth: number): number {
    const label = this.#label(depth);
    const { params, results } = label?.signature ?? { params: [], results: [] };
    return label?.kind === "loop" ? params.length : results.length;
  }

  #labelTexts({ immediates }: DecodedInstruction): readonly string[] {
    return immediates.map((depth) => this.#labelText(depth));
  }

  #labelText(depth: number): string {
    const label = this.#label(depth);
    if (label === undefined || label.kind === "func") return String(depth);
    label.branchedTo = true;
    return label.identifier;
  }

  #blockSignature(code: number): Signature {
    if (code >= 0) return this.#module.types[code] ?? { params: [], results: [] };
    if (code === 0x40 - 0x80) return { params: [], results: [] };
    return { params: [], results: [valueTypeOfCode(code + 0x80)] };
  }
}
