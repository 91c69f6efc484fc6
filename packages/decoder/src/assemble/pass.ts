/**
 * One pass of the assembler over all statements.
 *
 * Symbols that are defined further down have the values that the pass before has found, so that
 * passes repeat until nothing changes.
 */
import type { ExpansionContext, Isa } from "@isovm/isa-spec";
import { prefixesOf } from "../decode/framing.ts";
import { type AssemblyValue, ExpressionError, evaluate } from "../syntax/evaluate.ts";
import { type AssemblyExpression, parseExpression } from "../syntax/expression.ts";
import { type AssemblyLanguage, languageOf, splitMnemonic } from "../syntax/language.ts";
import { AssemblySyntaxError, TokenCursor, unexpected } from "../syntax/token-cursor.ts";
import type { Diagnostic } from "./assembly-error.ts";
import { type Directive, directivesOf } from "./directives.ts";
import { encodeInstruction } from "./encode-instruction.ts";
import { nearest } from "./nearest.ts";
import type { InstructionResolver, ResolvedInstruction } from "./resolve.ts";
import { type PassResult, scopeOf } from "./scope.ts";
import { SectionBuffer } from "./sections.ts";
import type { Statement } from "./source.ts";

/** Bytes that a statement became. */
export interface AssembledLine {
  /** Line number in the source, from 1. */
  readonly line: number;
  readonly address: bigint;
  readonly sizeBytes: number;
}

/** What passes share. */
export interface PassInput {
  readonly isa: Isa;
  readonly origin: bigint;
  readonly resolver: InstructionResolver;
  /** No image is larger, whatever directives ask for. */
  readonly largestSizeBytes: number;
  /** Undefined in the first pass, in which any symbol may still be defined further down. */
  readonly before: PassResult | undefined;
  readonly predefined: ReadonlyMap<string, AssemblyValue>;
}

/** The state of one pass. */
export class AssemblyPass {
  readonly isa: Isa;
  readonly sections: Map<string, SectionBuffer> = new Map();
  readonly symbols: Map<string, AssemblyValue> = new Map();
  readonly locals: Map<string, bigint[]> = new Map();
  readonly relocated: Map<string, bigint> = new Map();
  readonly lines: AssembledLine[] = [];
  readonly diagnostics: Diagnostic[] = [];
  private readonly input: PassInput;
  private readonly language: AssemblyLanguage;
  private readonly directives: ReadonlyMap<string, Directive>;
  private readonly labels = new Set<string>();
  private current: SectionBuffer;
  private sizeBytes = 0;

  constructor(input: PassInput) {
    this.input = input;
    this.isa = input.isa;
    this.language = languageOf(input.isa);
    this.directives = directivesOf(input.isa);
    this.current = this.enterSection(".text");
    for (const [name, value] of input.predefined) this.symbols.set(name, value);
  }

  /** Assembles all statements; mistakes are collected in {@link diagnostics}. */
  run(statements: readonly Statement[]): void {
    for (const [index, statement] of statements.entries()) {
      for (const { name, column } of statement.labels) {
        this.attempt(statement, column, () => this.defineLabel(name));
      }
      if (statement.text === "") continue;
      const section = this.current;
      const address = section.here;
      this.attempt(statement, statement.column, () => this.assemble(statement.text, index));
      if (section === this.current && section.here !== address) {
        const sizeBytes = Number(section.here - address);
        this.lines.push({ line: statement.line, address, sizeBytes });
      }
    }
  }

  /** Goes on in this section, which is made if it is new. */
  enterSection(name: string): SectionBuffer {
    const known = this.sections.get(name);
    const address = this.input.before?.places.get(name) ?? this.input.origin;
    const section = known ?? new SectionBuffer(name, address);
    this.sections.set(name, section);
    this.current = section;
    return section;
  }
  /** The section that is being filled. */
  get section(): SectionBuffer {
    return this.current;
  }
  /** Appends bytes to the section. */
  append(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    if (this.current.isZeroFilled && bytes.some((byte) => byte !== 0)) {
      throw new AssemblySyntaxError(`${this.current.name} holds zeros only`, { column: 0 });
    }
    this.current.append(bytes);
  }
  /** Appends `count` times the same byte. */
  fill(count: number, byte: number): void {
    this.reserve(count);
    this.current.fill(count, byte);
  }
  /** Gives a symbol its value. */
  define(name: string, value: AssemblyValue): void {
    this.symbols.set(name, value);
  }
  /** The value of the expression at the cursor. */
  expression(cursor: TokenCursor): AssemblyValue {
    return this.value(parseExpression(cursor, this.language.names));
  }
  /** The bytes of one instruction, for padding. */
  instructionBytes(text: string): Uint8Array {
    const [resolved] = this.input.resolver.resolve(text, this.context(), "padding");
    return resolved ? this.encode(resolved) : new Uint8Array();
  }

  private reserve(count: number): void {
    this.sizeBytes += count;
    if (this.sizeBytes <= this.input.largestSizeBytes) return;
    this.sizeBytes -= count;
    const { largestSizeBytes } = this.input;
    throw new AssemblySyntaxError(`the program is larger than ${largestSizeBytes} bytes`, {
      column: 0,
    });
  }

  private attempt(statement: Statement, column: number, action: () => void): void {
    try {
      action();
    } catch (error) {
      const at =
        error instanceof AssemblySyntaxError || error instanceof ExpressionError
          ? error.data.column
          : undefined;
      if (at === undefined) throw error;
      const { line, source } = statement;
      const { message } = error as Error;
      this.diagnostics.push({ line, column: column + at + 1, text: source, message });
    }
  }

  private defineLabel(name: string): void {
    if (/^\d/.test(name)) {
      const addresses = this.locals.get(name) ?? [];
      addresses.push(this.current.here);
      this.locals.set(name, addresses);
      return;
    }
    if (this.labels.has(name)) {
      throw new AssemblySyntaxError(`the label ${name} stands twice`, { column: 0 });
    }
    this.labels.add(name);
    this.define(name, { value: this.current.here, isAddress: true });
  }

  private assemble(text: string, index: number): void {
    const assignment = /^([A-Za-z_.$][\w.$]*)\s*=(?!=)/.exec(text);
    const [word, operands] = splitMnemonic(text);
    const start = text.length - operands.length;
    if (assignment?.[1] !== undefined) {
      const cursor = new TokenCursor(
        " ".repeat(assignment[0].length) + text.slice(assignment[0].length),
      );
      this.define(assignment[1], this.expression(cursor));
      cursor.expectEnd();
      return;
    }
    if (!word.startsWith(".")) {
      const resolved = this.input.resolver.resolve(text, this.context(), String(index));
      for (const instruction of resolved) this.emit(instruction);
      return;
    }
    const directive = this.directives.get(word);
    if (!directive) {
      const suggestion = nearest(word, this.directives.keys());
      throw unexpected(
        0,
        suggestion === undefined ? "a directive" : `a directive such as ${suggestion}`,
        word,
      );
    }
    try {
      directive(this, new TokenCursor(operands));
    } catch (error) {
      if (error instanceof AssemblySyntaxError) throw error.movedBy(start);
      if (error instanceof ExpressionError) throw error.movedBy(start);
      throw error;
    }
  }

  private emit(instruction: ResolvedInstruction): void {
    for (const label of instruction.labels) this.defineLabel(label);
    const { row } = instruction.form;
    try {
      this.append(this.encode(instruction));
    } catch (error) {
      // Its length is known all the same, and what follows shall have the right addresses.
      this.fill(prefixesOf(this.isa.framing, row).length + row.sizeBytes, 0);
      throw error;
    }
  }

  private encode(instruction: ResolvedInstruction): Uint8Array {
    return encodeInstruction(instruction, {
      isa: this.isa,
      here: this.current.here,
      evaluate: (expression) => this.value(expression).value,
    });
  }

  private value(expression: AssemblyExpression): AssemblyValue {
    return evaluate(expression, scopeOf(this, this.current.here, this.input.before));
  }

  private context(): ExpansionContext {
    return {
      constant: (text) => {
        const cursor = new TokenCursor(text);
        try {
          const { value, isAddress } = this.expression(cursor);
          cursor.expectEnd();
          return isAddress ? undefined : value;
        } catch (error) {
          if (error instanceof ExpressionError || error instanceof AssemblySyntaxError) {
            return undefined;
          }
          throw error;
        }
      },
      fail: (message) => {
        throw new AssemblySyntaxError(message, { column: 0 });
      },
    };
  }
}
