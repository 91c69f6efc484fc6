/** What symbols and relocations mean in the middle of a pass. */
import type { Isa } from "@isovm/isa-spec";
import { type AssemblyValue, ExpressionError, type Scope } from "../syntax/evaluate.ts";

/** What a pass has found and the next one starts from. */
export interface PassResult {
  readonly symbols: ReadonlyMap<string, AssemblyValue>;
  /** The addresses of local labels by their number, in the order of the source. */
  readonly locals: ReadonlyMap<string, readonly bigint[]>;
  /** The arguments of relocations, by name and address of the instruction. */
  readonly relocated: ReadonlyMap<string, bigint>;
  /** Addresses of sections by name. */
  readonly places: ReadonlyMap<string, bigint>;
}

/** What a pass has found so far. */
export interface PassState {
  readonly isa: Isa;
  readonly symbols: ReadonlyMap<string, AssemblyValue>;
  readonly locals: ReadonlyMap<string, readonly bigint[]>;
  readonly relocated: Map<string, bigint>;
}

/** The meaning of names at the address `here`, from this pass and the one before. */
export function scopeOf(pass: PassState, here: bigint, before: PassResult | undefined): Scope {
  const unknown = before ? undefined : { value: here, isAddress: true };
  return {
    here,
    symbol: (name) => pass.symbols.get(name) ?? before?.symbols.get(name) ?? unknown,
    local: (number, forward) => {
      const seen = pass.locals.get(number) ?? [];
      const address = forward ? before?.locals.get(number)?.[seen.length] : seen.at(-1);
      if (address !== undefined) return { value: address, isAddress: true };
      return forward ? unknown : undefined;
    },
    relocate: (name, { value }, column) => relocate(pass, here, before, { name, value, column }),
  };
}

function relocate(
  { isa, relocated }: PassState,
  here: bigint,
  before: PassResult | undefined,
  { name, value, column }: { name: string; value: bigint; column: number },
): bigint {
  const relocation = isa.syntax.relocations[name];
  if (!relocation) return value;
  const { ofLabel, relative } = relocation;
  if (ofLabel === undefined) {
    relocated.set(`${name} at ${here}`, value);
    return relocation.value(relative ? value - here : value);
  }
  const key = `${ofLabel} at ${value}`;
  const target = relocated.get(key) ?? before?.relocated.get(key);
  if (target === undefined && before) {
    throw new ExpressionError(`${name} takes the label of an instruction with ${ofLabel}`, {
      column,
    });
  }
  return relocation.value(relative ? (target ?? value) - value : (target ?? value));
}
