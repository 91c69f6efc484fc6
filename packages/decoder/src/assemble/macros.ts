/** `.macro` and `.rept`: statements that stand for other statements. */
import { splitMnemonic } from "../syntax/language.ts";
import { AssemblyError } from "./assembly-error.ts";
import { type Statement, statementsOf } from "./source.ts";

interface Macro {
  readonly parameters: readonly { name: string; otherwise: string }[];
  readonly body: readonly Statement[];
}

/** No program has more statements, however its macros call each other. */
const mostStatements = 1_000_000;
const deepestNesting = 64;

const ends: Readonly<Record<string, string>> = { ".macro": ".endm", ".rept": ".endr" };

/** The statements with macros and repetitions expanded. */
export function expandMacros(
  statements: readonly Statement[],
  comments: readonly string[],
): readonly Statement[] {
  const macros = new Map<string, Macro>();
  const result: Statement[] = [];
  let calls = 0;

  const expand = (input: readonly Statement[], depth: number): void => {
    for (let index = 0; index < input.length; index += 1) {
      const statement = input[index];
      if (!statement) break;
      if (result.length >= mostStatements || depth > deepestNesting) {
        throw failure(statement, "macros expand without an end");
      }
      const [word, operands] = splitMnemonic(statement.text);
      const macro = macros.get(word);
      const end = ends[word];
      if (macro) {
        result.push({ ...statement, text: "" });
        calls += 1;
        expand(callOf(macro, operands, statement, calls, comments), depth + 1);
      } else if (end !== undefined) {
        const length = bodyLength(input.slice(index + 1), word, end);
        if (length === undefined) throw failure(statement, `there is no ${end} to this ${word}`);
        const body = input.slice(index + 1, index + 1 + length);
        index += length + 1;
        result.push({ ...statement, text: "" });
        if (word === ".macro") defineMacro(macros, operands, body);
        else repeat(operands, statement, (): void => expand(body, depth + 1));
      } else {
        result.push(statement);
      }
    }
  };

  expand(statements, 0);
  return result;
}

function failure({ line, column, source }: Statement, message: string): AssemblyError {
  return new AssemblyError([{ line, column: column + 1, text: source, message }]);
}

function bodyLength(rest: readonly Statement[], begin: string, end: string): number | undefined {
  let nesting = 1;
  for (const [index, { text }] of rest.entries()) {
    const [word] = splitMnemonic(text);
    if (word === begin) nesting += 1;
    if (word === end) nesting -= 1;
    if (nesting === 0) return index;
  }
  return undefined;
}

function repeat(count: string, statement: Statement, body: () => void): void {
  if (!/^\d+$/.test(count)) throw failure(statement, ".rept takes a number");
  for (let round = 0; round < Number(count); round += 1) body();
}

function defineMacro(macros: Map<string, Macro>, header: string, body: readonly Statement[]): void {
  const [name, parameters] = splitMnemonic(header.replace(/^([^\s,]+),/, "$1 "));
  macros.set(name, {
    parameters: parameters
      .split(/[\s,]+/)
      .filter((parameter) => parameter !== "")
      .map((parameter) => {
        const [parameterName = "", otherwise = ""] = parameter.split("=");
        return { name: parameterName.replace(/:.*/, ""), otherwise };
      }),
    body,
  });
}

function callOf(
  macro: Macro,
  operands: string,
  call: Statement,
  number: number,
  comments: readonly string[],
): readonly Statement[] {
  const values = operands === "" ? [] : operands.split(",").map((value) => value.trim());
  if (values.length > macro.parameters.length) {
    throw failure(call, `the macro takes ${macro.parameters.length} operands`);
  }
  const byName = new Map(
    macro.parameters.map(({ name, otherwise }, index) => [name, values[index] || otherwise]),
  );
  const substitute = (text: string): string =>
    text.replaceAll(/\\(@|\(\)|\w+)/g, (whole, name: string) => {
      if (name === "@") return String(number);
      return name === "()" ? "" : (byName.get(name) ?? whole);
    });
  return macro.body.flatMap((statement) => {
    const labels = statement.labels.map(({ name }) => `${name}:`).join(" ");
    const text = substitute(`${labels} ${statement.text}`);
    // Mistakes are reported at the call, the only place that the reader may have got wrong.
    return statementsOf(text, comments).map((inner) => ({
      ...inner,
      line: call.line,
      source: call.source,
      column: call.column,
    }));
  });
}
