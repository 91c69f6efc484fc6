/** Which of a machine's consoles has the terminal's keys. */
import { UsageError } from "../errors.ts";

/** A console: the serial port, or a virtio console, which knows the terminal's size, beside it. */
export type ConsoleKind = "serial" | "virtio";

/** The console of a name. @throws UsageError */
export function parseConsole(text: string): ConsoleKind {
  if (text === "serial" || text === "virtio") return text;
  throw new UsageError(`--console ${text}: give serial or virtio`);
}
