/** The name that a thread has from its program: the last component, at most 15 bytes. */
import { decodePath, encodePath } from "../../vfs/path-name.ts";

/** Most bytes of a thread's name, without the terminating NUL. */
export const NAME_BYTES = 15;

/** `busybox` for `/bin/busybox`. */
export function nameOfProgram(path: string): string {
  const last = path.slice(path.lastIndexOf("/") + 1);
  return decodePath(encodePath(last).subarray(0, NAME_BYTES));
}
