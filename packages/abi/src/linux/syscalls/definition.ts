/**
 * A row of the system-call table: name, arguments, handler, how much of the call is there. The
 * documentation's table, strace's lines and the numbers of each ISA derive from it.
 */
import type { DataModel } from "../layout/struct.ts";
import type { Outcome, SystemCall } from "./system-call.ts";

/** What formatting an argument may look at. */
export interface FormatContext {
  readonly call: SystemCall;
  /** The result, once the call is done; undefined at its start. */
  readonly result: number | undefined;
}

/** The type of an argument: how registers become a value, how strace shows it. */
export interface ArgumentKind<T extends number | bigint = number | bigint> {
  /** Two registers on 32-bit guests. */
  readonly isLongLong?: boolean;
  /** `raw` is unsigned, as wide as the registers. */
  decode(raw: bigint, model: DataModel): T;
  /** The argument as strace(1) prints it. */
  format(value: T, context: FormatContext): string;
  /** Whether the text depends on what the call wrote: then it is made after the call. */
  readonly isOutput?: boolean;
}

// Bivariance is wanted here: a list of rows holds kinds of numbers and kinds of bigints.
type AnyKind = ArgumentKind<number> | ArgumentKind<bigint>;

/** Argument names and kinds in the order of the registers. */
export type ArgumentKinds = Readonly<Record<string, AnyKind>>;

/** The decoded arguments of a call. */
export type ArgumentsOf<K extends ArgumentKinds> = {
  readonly [N in keyof K]: K[N] extends ArgumentKind<infer T> ? T : never;
};

/**
 * How much of a call is there: `full` – all that programs can observe within the machine; `partial` –
 * the note says what is missing; `stub` – accepted without effect.
 */
export type Support = "full" | "partial" | "stub";

/** A row of the table. */
export interface SystemCallDefinition {
  /** The name in the 64-bit generic table. */
  readonly name: string;
  readonly parameters: readonly (readonly [name: string, kind: AnyKind])[];
  /**
   * Performs the call. `args` are the decoded arguments by their names. A `LinuxError` that it
   * throws becomes the guest's error number.
   */
  readonly handler: (call: SystemCall, args: Readonly<Record<string, number | bigint>>) => Outcome;
  readonly support: Support;
  readonly note: string;
  /** How many arguments mean something, given their values; strace shows no others. */
  readonly shown: ((args: Readonly<Record<string, number | bigint>>) => number) | undefined;
}

/** What a row says beyond name, arguments and handler. */
export interface RowOptions<K extends ArgumentKinds = ArgumentKinds> {
  readonly support?: Support;
  readonly note?: string;
  /** How many arguments mean something, given their values; strace shows no others. */
  readonly shown?: (args: ArgumentsOf<K>) => number;
}

/** Makes a row; the handler's arguments are typed by the kinds. */
export function systemCall<const K extends ArgumentKinds>(
  name: string,
  parameters: K,
  handler: (call: SystemCall, args: ArgumentsOf<K>) => Outcome,
  options: RowOptions<K> = {},
): SystemCallDefinition {
  return {
    name,
    parameters: Object.entries(parameters),
    handler: handler as SystemCallDefinition["handler"],
    support: options.support ?? "full",
    note: options.note ?? "",
    shown: options.shown as SystemCallDefinition["shown"],
  };
}

/** Decodes a call's registers. */
export function decodeArguments(
  definition: SystemCallDefinition,
  registers: readonly bigint[],
  model: DataModel,
): Readonly<Record<string, number | bigint>> {
  const values: Record<string, number | bigint> = {};
  let at = 0;
  for (const [name, kind] of definition.parameters) {
    let raw = registers[at] ?? 0n;
    at += 1;
    if (kind.isLongLong === true && model.wordBytes === 4) {
      const next = registers[at] ?? 0n;
      at += 1;
      raw = model.littleEndian ? raw | (next << 32n) : (raw << 32n) | next;
    }
    values[name] = kind.decode(raw, model);
  }
  return values;
}
