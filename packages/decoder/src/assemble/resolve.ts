/** What an instruction in assembly text is: a row with its operands, or a pseudo-instruction. */
import type { ExpansionContext } from "@isovm/isa-spec";
import { type AssemblyLanguage, type RowForm, splitMnemonic } from "../syntax/language.ts";
import { type OperandSources, parseOperands } from "../syntax/parse-operands.ts";
import { AssemblySyntaxError, TokenCursor, unexpected } from "../syntax/token-cursor.ts";
import { bindOperands, expand } from "./expansion.ts";
import { nearest } from "./nearest.ts";

/** An instruction that a line of assembly text stands for. */
export interface ResolvedInstruction {
  readonly form: RowForm;
  readonly sources: OperandSources;
  /** Labels that stand before it, inside of an expansion. */
  readonly labels: readonly string[];
  /** Index in the line of the text that columns of `sources` count in; -1 inside of expansions. */
  readonly column: number;
}

/** No shorthand leads further: `call` to `jalr`, say, is one step. */
const deepestExpansion = 16;

/** Finds instructions by mnemonic and operands, rows before pseudo-instructions. */
export class InstructionResolver {
  private readonly language: AssemblyLanguage;
  private readonly rows = new Map<string, ResolvedInstruction | AssemblySyntaxError>();

  constructor(language: AssemblyLanguage) {
    this.language = language;
  }

  /**
   * The instructions that a statement stands for.
   *
   * @throws AssemblySyntaxError if it is none.
   */
  resolve(
    text: string,
    context: ExpansionContext,
    unique: string,
    depth = 0,
  ): readonly ResolvedInstruction[] {
    const row = this.row(text);
    if (!(row instanceof AssemblySyntaxError)) return [row];
    const failures = [row];
    const [mnemonic, operands] = splitMnemonic(text);
    const start = text.length - operands.length;
    if (depth >= deepestExpansion) throw row;
    for (const form of this.language.pseudoForms(mnemonic)) {
      if (Array.isArray(form.pseudo.expansion) && form.pseudo.expansion.length === 0) continue;
      try {
        const bound = bindOperands(form, operands, this.language);
        return expand(form, bound, context, unique).flatMap((line, index) =>
          this.resolveExpanded(line, context, `${unique}.${index}`, depth + 1),
        );
      } catch (error) {
        if (!(error instanceof AssemblySyntaxError)) throw error;
        failures.push(depth === 0 ? error.movedBy(start) : error);
      }
    }
    throw bestOf(failures);
  }

  private resolveExpanded(
    line: string,
    context: ExpansionContext,
    unique: string,
    depth: number,
  ): readonly ResolvedInstruction[] {
    const [, label, text = line] = /^\s*([A-Za-z_.$][\w.$]*)\s*:\s*(.*)$/.exec(line) ?? [];
    try {
      const [first, ...rest] = this.resolve(text, context, unique, depth);
      if (!first) return [];
      const labels = label === undefined ? [] : [label, ...first.labels];
      return [{ ...first, labels, column: -1 }, ...rest];
    } catch (error) {
      if (error instanceof AssemblySyntaxError) throw error.inExpansion(text);
      throw error;
    }
  }

  /** The row that the text is, remembered: passes ask again, and programs repeat themselves. */
  private row(text: string): ResolvedInstruction | AssemblySyntaxError {
    const known = this.rows.get(text);
    if (known) return known;
    const found = this.findRow(text);
    this.rows.set(text, found);
    return found;
  }

  private findRow(text: string): ResolvedInstruction | AssemblySyntaxError {
    const [mnemonic, operands] = splitMnemonic(text);
    const start = text.length - operands.length;
    const failures: AssemblySyntaxError[] = [];
    for (const form of this.language.rowForms(mnemonic)) {
      try {
        const sources = parseOperands(form, new TokenCursor(operands), this.language);
        return { form, sources, labels: [], column: start };
      } catch (error) {
        if (!(error instanceof AssemblySyntaxError)) throw error;
        failures.push(error.movedBy(start));
      }
    }
    if (failures.length > 0) return bestOf(failures);
    const suggestion = nearest(mnemonic, this.language.mnemonics());
    const hint =
      suggestion === undefined ? "an instruction" : `an instruction such as ${suggestion}`;
    return unexpected(0, hint, mnemonic);
  }
}

/** The failure of the candidate that fitted furthest; the first one of equals. */
function bestOf(failures: readonly AssemblySyntaxError[]): AssemblySyntaxError {
  const [first, ...rest] = failures;
  return rest.reduce(
    (best, failure) => (failure.data.column > best.data.column ? failure : best),
    first ?? unexpected(0, "an instruction", ""),
  );
}
