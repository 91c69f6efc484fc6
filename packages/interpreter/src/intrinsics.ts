/** Host functions behind `intrinsic` statements. */
import { type EngineOptions, type Intrinsic, UnsupportedError } from "@isovm/isa-spec";

/** Functions by name. */
export type Intrinsics = Readonly<Record<string, Intrinsic>>;

/** The engine's functions: `time` reads the injected clock; others come from the host. */
export function collectIntrinsics({ clock, intrinsics }: EngineOptions): Intrinsics {
  return { time: () => clock?.time() ?? 0n, ...intrinsics };
}

/**
 * Calls a function by name.
 *
 * @throws UnsupportedError if the host didn't provide it.
 */
export function callIntrinsic(
  intrinsics: Intrinsics,
  name: string,
  operands: readonly bigint[],
): bigint {
  const intrinsic = intrinsics[name];
  if (!intrinsic) {
    throw new UnsupportedError(`the host provides no function for the intrinsic "${name}"`, {
      feature: name,
    });
  }
  return intrinsic(operands);
}
