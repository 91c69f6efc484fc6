/** RFENCE: fences on other harts. @see RISC-V Supervisor Binary Interface 2.0, 8 */
import type { FirmwareHart } from "../firmware.ts";
import { extensionNumber, hartsOf, SbiError, type SbiExtension, success } from "./call.ts";

const pageBytes = 4096n;
/** More than so many pages are dropped with all others. */
const mostPages = 64n;

/** RFENCE: fences on other harts. */
export const remoteFence: SbiExtension = {
  number: extensionNumber("RFNC"),
  functions: {
    // All harts see each other's stores to code at once.
    0: ({ harts }, [mask, first]) =>
      hartsOf(harts, mask, first) ? success : { error: SbiError.invalidParameter },
    1: ({ harts }, [mask, first, start = 0n, size = 0n]) => {
      return fence(hartsOf(harts, mask, first), start, size);
    },
    2: ({ harts }, [mask, first, start = 0n, size = 0n, asid = 0n]) => {
      return fence(hartsOf(harts, mask, first), start, size, asid);
    },
  },
};

function fence(
  harts: readonly FirmwareHart[] | undefined,
  start: bigint,
  size: bigint,
  asid?: bigint,
): { readonly error: bigint } {
  if (!harts) return { error: SbiError.invalidParameter };
  // Size 0 from 0, or the largest one, is all of the address space.
  const isAll = (start === 0n && size === 0n) || size > mostPages * pageBytes;
  for (const hart of harts) {
    if (isAll) hart.flushTranslations(undefined, asid);
    else {
      for (let page = start; page < start + size; page += pageBytes) {
        hart.flushTranslations(page, asid);
      }
    }
  }
  return success;
}
