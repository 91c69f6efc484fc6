/** Drives on the command line: `disk.raw`, `disk.raw,ro`. */
import { UsageError } from "../errors.ts";

/** A disk image and what the guest may do with it. */
export interface Drive {
  readonly path: string;
  /** `"overlay"` keeps what is written in memory: the file stays as it is. */
  readonly access: "readWrite" | "readOnly" | "overlay";
}

const accesses: Readonly<Record<string, Drive["access"]>> = {
  ro: "readOnly",
  rw: "readWrite",
  overlay: "overlay",
};

/** A disk image. @throws UsageError */
export function parseDrive(text: string): Drive {
  const comma = text.lastIndexOf(",");
  const word = comma < 0 ? "rw" : text.slice(comma + 1);
  const path = comma < 0 ? text : text.slice(0, comma);
  const access = Object.hasOwn(accesses, word) ? accesses[word] : undefined;
  if (access === undefined) {
    const words = Object.keys(accesses).join(", ");
    throw new UsageError(`"${text}": "${word}" is nothing that a drive can be; give ${words}`);
  }
  if (path === "") throw new UsageError(`"${text}" names no file: give one such as disk.raw,ro`);
  return { path, access };
}
