/** Port numbers on the command line. */
import { UsageError } from "../errors.ts";

const most = 65535;

/** A TCP port of this computer; 0 is any that is free. @throws UsageError */
export function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= most) return port;
  throw new UsageError(`"${text}" is no port: give one from 1 to ${most}, or 0 for any`);
}
