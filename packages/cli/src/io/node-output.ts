/** Standard output and error by synchronous writes: nothing is lost at exit. */
import { writeSync } from "node:fs";
import { isatty } from "node:tty";
import { type ErrnoName, errno, type HostOutput, LinuxError } from "@isovm/abi";

const pauseMillis = 2;
const pauseCell = new Int32Array(new SharedArrayBuffer(4));

/**
 * Writes to a descriptor. A descriptor that doesn't block and takes nothing now is waited for:
 * the guest would wait there, too.
 */
export function nodeOutput(descriptor: number, write: typeof writeSync = writeSync): HostOutput {
  return {
    isTerminal: isatty(descriptor),
    write(bytes) {
      for (let done = 0; done < bytes.length; ) {
        try {
          done += write(descriptor, bytes, done, bytes.length - done);
        } catch (error) {
          const code = codeOf(error);
          if (code === "EPIPE" || code === "ECONNRESET") return false;
          if (code === "EAGAIN") Atomics.wait(pauseCell, 0, 0, pauseMillis);
          else if (code !== "EINTR") throw asGuestError(error, code);
        }
      }
      return true;
    },
  };
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

/** A full disk is the guest's to handle. */
function asGuestError(error: unknown, code: string): unknown {
  return Object.hasOwn(errno, code) ? new LinuxError(code as ErrnoName, "write") : error;
}
