/**
 * Prints a module in the text format for people. Bodies are decoded from the bytes that were
 * emitted, so that the text shows what the host gets.
 *
 * @see WebAssembly Core Specification 2.0, 6.6 (modules)
 * @module
 */
import type { ImportName, ModuleContents } from "./contents.ts";
import { functionExpression, type ModuleIdentifiers } from "./text-function.ts";
import {
  type Expression,
  expression,
  floatText,
  Identifiers,
  integerText,
  layOut,
  signatureText,
  stringText,
  words,
} from "./text-layout.ts";
import type { FunctionIndex, MemoryLimits, SegmentOffset, TableLimits } from "./types.ts";

/** Longer data segments are cut, as nobody reads them. */
const longestData = 256;
const utf8 = new TextEncoder();

/** The module in the text format. */
export function moduleText(module: ModuleContents): string {
  const identifiers = nameAll(module);
  const { functions, globals, tables, memories } = module;
  const fields: Expression[] = module.types.map((type, index) =>
    expression(`type (;${index};) (func${signatureText(type)})`),
  );
  const add = (
    entries: readonly { readonly imported: ImportName | undefined }[],
    describe: (index: number) => Expression,
  ): void => {
    entries.forEach(({ imported }, index) => {
      if (imported === undefined) return;
      const { module: from, name } = imported;
      const head = `import ${quote(from)} ${quote(name)}`;
      fields.push(expression(head, [describe(index)]));
    });
  };
  const describeFunction = (index: number): Expression => {
    const entry = functions[index];
    if (entry === undefined) return expression("func");
    return functionExpression(module, identifiers, index as FunctionIndex, entry);
  };
  const describeTable = (index: number): Expression =>
    expression(`table (;${index};) ${limitsText(tables[index]?.limits)} funcref`);
  const describeMemory = (index: number): Expression =>
    expression(`memory ${limitsText(memories[index]?.limits)}`);
  const describeGlobal = (index: number): Expression => {
    const global = globals[index];
    if (global === undefined) return expression("global");
    const type = global.mutable ? `(mut ${global.type})` : global.type;
    const isFloat = global.type === "f32" || global.type === "f64";
    const value = isFloat ? floatText(Number(global.initial)) : integerText(global.initial);
    const initial = expression(`${global.type}.const ${value}`);
    return expression(
      `global ${identifiers.globals[index]} ${type}`,
      global.imported === undefined ? [initial] : [],
    );
  };
  const define = (
    entries: readonly { readonly imported: ImportName | undefined }[],
    describe: (index: number) => Expression,
  ): void => {
    entries.forEach(({ imported }, index) => {
      if (imported === undefined) fields.push(describe(index));
    });
  };
  add(functions, describeFunction);
  add(tables, describeTable);
  add(memories, describeMemory);
  add(globals, describeGlobal);
  define(tables, describeTable);
  define(memories, describeMemory);
  define(globals, describeGlobal);
  for (const { name, kind, index } of module.exports) {
    const what =
      kind === "function"
        ? `func ${identifiers.functions[index]}`
        : `${kind} ${kind === "global" ? identifiers.globals[index] : index}`;
    fields.push(expression(`export ${quote(name)} (${what})`));
  }
  if (module.start !== undefined) {
    fields.push(expression(`start ${identifiers.functions[module.start]}`));
  }
  for (const { table, offset, functions: entries } of module.elements) {
    const names = entries.map((index) => identifiers.functions[index] ?? String(index));
    const place = offsetText(offset, identifiers);
    fields.push(expression(`elem (table ${table}) ${place} func`, words(names)));
  }
  define(functions, describeFunction);
  for (const { offset, bytes } of module.data) {
    const rest = bytes.length - longestData;
    const comment = rest > 0 ? ` (;and ${rest} more bytes;)` : "";
    const text = stringText(bytes.subarray(0, longestData));
    fields.push(expression(`data ${offsetText(offset, identifiers)} ${text}${comment}`));
  }
  const name = module.name === undefined ? "" : ` ${new Identifiers().add(module.name, "")}`;
  return `${layOut(expression(`module${name}`, fields, true)).join("\n")}\n`;
}

/** One function in the text format. */
export function functionText(module: ModuleContents, index: FunctionIndex): string {
  const entry = module.functions[index];
  if (entry === undefined) return "";
  const root = functionExpression(module, nameAll(module), index, entry);
  return `${layOut(root).join("\n")}\n`;
}

function nameAll(module: ModuleContents): ModuleIdentifiers {
  const functions = new Identifiers();
  const globals = new Identifiers();
  return {
    functions: module.functions.map(({ name }, index) => functions.add(name, String(index))),
    globals: module.globals.map(({ name }, index) => globals.add(name, String(index))),
  };
}

function quote(text: string): string {
  return stringText(utf8.encode(text));
}

function limitsText(limits: MemoryLimits | TableLimits = { initial: 0 }): string {
  const maximum = limits.maximum === undefined ? "" : ` ${limits.maximum}`;
  return `${limits.initial}${maximum}${"shared" in limits && limits.shared === true ? " shared" : ""}`;
}

function offsetText(offset: SegmentOffset, identifiers: ModuleIdentifiers): string {
  if (typeof offset === "number") return `(i32.const ${integerText(offset)})`;
  return `(global.get ${identifiers.globals[offset.global]})`;
}
