/**
 * What a call of the supervisor binary interface is: numbers, arguments, results.
 *
 * @see RISC-V Supervisor Binary Interface 2.0, 3 (binary encoding)
 */
import type { HartOutcome } from "@isovm/isa-spec";
import type { FirmwareHart } from "../firmware.ts";

/** Error codes. */
export const SbiError = {
  success: 0n,
  failed: -1n,
  notSupported: -2n,
  invalidParameter: -3n,
  invalidAddress: -5n,
  alreadyAvailable: -6n,
} as const;

/** The host's ends of the interface. */
export interface SbiOptions {
  /** Where the debug console's bytes go and come from; without it they are lost and none come. */
  readonly console?: SbiConsole;
  /** Told that the kernel powers off or resets; it has to end the machine's run. */
  readonly power?: (event: SbiPowerEvent) => void;
}

/** The host's end of the debug console. */
export interface SbiConsole {
  /** Takes what the kernel writes, in the midst of its call. */
  write(bytes: Uint8Array): void;
  /** Takes at most `most` bytes of input that is there already. */
  read?(most: number): Uint8Array;
}

/** What the kernel wants done with its power. Code 0 says that all went well. */
export type SbiPowerEvent =
  | { readonly kind: "poweroff"; readonly code: number }
  | { readonly kind: "reset" };

/** Who calls, and among whom. */
export interface SbiContext {
  readonly hart: FirmwareHart;
  /** All harts by their number. */
  readonly harts: readonly FirmwareHart[];
  readonly options: SbiOptions;
}

/** What a function returns to the kernel. */
export interface SbiReturn {
  readonly error: bigint;
  readonly value?: bigint;
  /** What the hart does then; by default it goes on. */
  readonly outcome?: HartOutcome;
}

/** A function; it may return what the hart does in place of a result, if the call doesn't return. */
export type SbiFunction = (
  context: SbiContext,
  values: readonly bigint[],
) => SbiReturn | HartOutcome;

/** An extension and its functions by number. */
export interface SbiExtension {
  readonly number: bigint;
  /** Functions have no numbers, and results no value. */
  readonly isLegacy?: boolean;
  readonly functions: Readonly<Record<number, SbiFunction>>;
}

/** Nothing to say but that it is done. */
export const success: SbiReturn = { error: SbiError.success };

/** Number of an extension from its name of four letters or fewer. */
export function extensionNumber(name: string): bigint {
  return BigInt([...name].reduce((number, letter) => number * 256 + letter.charCodeAt(0), 0));
}

/** The harts of a mask that begins with hart `base`; all if that is -1. Undefined if one is missing. */
export function hartsOf(
  harts: readonly FirmwareHart[],
  mask = 0n,
  base = 0n,
): readonly FirmwareHart[] | undefined {
  const first = BigInt.asIntN(64, base);
  if (first === -1n || isAllOnes32(base)) return harts;
  const selected: FirmwareHart[] = [];
  for (let bit = 0n; mask >> bit !== 0n; bit += 1n) {
    if (((mask >> bit) & 1n) === 0n) continue;
    const number = first + bit;
    const hart = number < BigInt(harts.length) ? harts[Number(number)] : undefined;
    if (!hart) return undefined;
    selected.push(hart);
  }
  return selected;
}

/** -1 of RV32; on RV64 no machine has so many harts. */
function isAllOnes32(value: bigint): boolean {
  return value === 0xffff_ffffn;
}
