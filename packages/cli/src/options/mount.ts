/** Mounts on the command line: `HOST:GUEST[:ro]`. */
import { UsageError } from "../errors.ts";

/** A directory or file of the host that the guest sees at a path of its own. */
export interface Mount {
  readonly host: string;
  readonly guest: string;
  readonly readOnly: boolean;
}

/**
 * The parts of a mount. The host's path may contain colons; the guest's begins with a slash.
 *
 * @throws UsageError
 */
export function parseMount(text: string): Mount {
  const match = /^(.+?):(\/[^:]*)(?::(ro|rw))?$/.exec(text);
  const [, host, guest, mode] = match ?? [];
  if (host === undefined || guest === undefined) {
    throw new UsageError(
      `"${text}" is no mount: give HOST:GUEST or HOST:GUEST:ro, GUEST an absolute path`,
    );
  }
  return { host, guest, readOnly: mode === "ro" };
}
