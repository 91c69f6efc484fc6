/** From a driver's errors to Linux's. */
import { isErrnoName, LinuxError } from "../../linux/errno.ts";

/** Names that Linux has twice, or that mean something else to the guest than to the host. */
const aliases: Readonly<Record<string, "EOPNOTSUPP" | "ENFILE" | "EAGAIN">> = {
  ENOTSUP: "EOPNOTSUPP",
  EWOULDBLOCK: "EAGAIN",
  // It is the host process that has no descriptor left; the guest may have many.
  EMFILE: "ENFILE",
};

/**
 * Runs an operation of a driver.
 * @throws LinuxError for whatever the driver throws; EIO for what Linux has no number for.
 */
export function onHost<T>(operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    throw toLinuxError(error);
  }
}

function toLinuxError(error: unknown): unknown {
  if (error instanceof LinuxError) return error;
  const code =
    typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  if (typeof code !== "string") return error;
  const linuxError = new LinuxError(aliases[code] ?? (isErrnoName(code) ? code : "EIO"));
  // For the host program's eyes only: the message may name host paths.
  linuxError.cause = error;
  return linuxError;
}
