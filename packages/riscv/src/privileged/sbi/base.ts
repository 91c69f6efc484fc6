/** The base extension. @see RISC-V Supervisor Binary Interface 2.0, 4 */
import type { SbiExtension, SbiReturn } from "./call.ts";

const specificationVersion = 2n << 24n;
/** Not in the list of registered implementations. */
const implementation = 0x6973_6f76n;

const answer = (value: bigint) => (): SbiReturn => ({ error: 0n, value });

/** Versions, and which extensions there are. */
export function base(extensions: () => readonly SbiExtension[]): SbiExtension {
  return {
    number: 0x10n,
    functions: {
      0: answer(specificationVersion),
      1: answer(implementation),
      2: answer(1n),
      3: (_, [wanted]) => {
        const isThere = extensions().some(({ number }) => number === wanted);
        return { error: 0n, value: isThere ? 1n : 0n };
      },
      // mvendorid, marchid, mimpid.
      4: answer(0n),
      5: answer(0n),
      6: answer(0n),
    },
  };
}
