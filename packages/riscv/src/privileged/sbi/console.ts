/** DBCN: the debug console. @see RISC-V Supervisor Binary Interface 2.0, 12 */
import { extensionNumber, type SbiContext, SbiError, type SbiExtension, success } from "./call.ts";

/** Bytes that one call transfers at most; callers repeat it for the rest. */
const mostBytes = 65_536;

/** DBCN: the debug console. */
export const console: SbiExtension = {
  number: extensionNumber("DBCN"),
  functions: {
    0: ({ hart, options }, [count = 0n, low = 0n, high = 0n]) => {
      const bytes = hart.physical.read(addressOf(low, high), lengthOf(count));
      if (!bytes) return { error: SbiError.invalidParameter };
      options.console?.write(bytes);
      return { error: SbiError.success, value: BigInt(bytes.length) };
    },
    1: ({ hart, options }, [count = 0n, low = 0n, high = 0n]) => {
      const address = addressOf(low, high);
      const most = lengthOf(count);
      // What can't be stored must not be taken from the input.
      if (!hart.physical.read(address, most)) return { error: SbiError.invalidParameter };
      const bytes = options.console?.read?.(most) ?? new Uint8Array();
      hart.physical.write(address, bytes.subarray(0, most));
      return { error: SbiError.success, value: BigInt(bytes.length) };
    },
    2: (context, [byte = 0n]) => {
      putByte(context, byte);
      return success;
    },
  },
};

/** Writes one byte to the host's end of the console. */
export function putByte({ options }: SbiContext, byte: bigint): void {
  options.console?.write(Uint8Array.of(Number(byte & 0xffn)));
}

/** A physical address; one beyond 2^53 is none of RAM, whichever it is. */
function addressOf(low: bigint, high: bigint): number {
  const address = low | (high << 32n);
  return high !== 0n && low >= 2n ** 32n ? -1 : address < 2n ** 53n ? Number(address) : -1;
}

function lengthOf(count: bigint): number {
  return count < BigInt(mostBytes) ? Number(count) : mostBytes;
}
