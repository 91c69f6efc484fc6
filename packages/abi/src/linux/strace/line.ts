/**
 * A system call as a line of strace(1).
 */
import type { RawSystemCall } from "../binding.ts";
import { errnoMessage, errnoName } from "../errno.ts";
import type { Kernel } from "../kernel.ts";
import type { Thread } from "../process/thread.ts";
import type { ArgumentKind } from "../syscalls/definition.ts";
import type { SystemCall } from "../syscalls/system-call.ts";

/**
 * The texts of a call's arguments. Without a result, those that depend on it are left out; with one,
 * those that are there already are taken from `call.traceText`.
 */
export function formatArguments(
  call: SystemCall,
  result: number | undefined,
): (string | undefined)[] {
  const { parameters, shown } = call.definition;
  return parameters.slice(0, shown?.(call.arguments)).map(([name, kind], index) => {
    const known = call.traceText?.[index];
    if (known !== undefined) return known;
    if (result === undefined && kind.isOutput === true && call.traceText === undefined) {
      return undefined;
    }
    const value = call.arguments[name] ?? 0;
    // A row's kind decodes to what it formats.
    return (kind as ArgumentKind).format(value, { call, result });
  });
}

/** The line of a finished call; `undefined` is the result of calls that don't return, a text one as it is. */
export function formatLine(
  kernel: Kernel,
  call: SystemCall,
  result: number | string | undefined,
): string {
  const args = formatArguments(call, typeof result === "number" ? result : undefined);
  const shown = typeof result === "string" ? result : resultText(call.definition.name, result);
  return `${prefix(kernel, call.thread)}${call.definition.name}(${args.join(", ")}) = ${shown}`;
}

/** The line of a call that the table doesn't have. */
export function formatUnknown(
  kernel: Kernel,
  thread: Thread,
  raw: RawSystemCall,
  name: string | undefined,
): string {
  const args = raw.arguments.map((value) => `0x${value.toString(16)}`).join(", ");
  const label = name ?? `syscall_0x${raw.number.toString(16)}`;
  return `${prefix(kernel, thread)}${label}(${args}) = -1 ENOSYS (${errnoMessage("ENOSYS")})`;
}

/** The line of a signal that is delivered. */
export function formatSignal(kernel: Kernel, thread: Thread, text: string): string {
  return `${prefix(kernel, thread)}--- ${text} ---`;
}

function prefix(kernel: Kernel, thread: Thread): string {
  return kernel.threads.size > 1 || kernel.processes.size > 1 ? `[pid ${thread.id}] ` : "";
}

// Calls whose results are addresses.
const pointerResults = new Set(["mmap", "brk", "mremap", "shmat"]);

function resultText(name: string, result: number | undefined): string {
  if (result === undefined) return name === "execve" || name === "execveat" ? "0" : "?";
  if (result < 0 && result >= -4095) {
    const code = errnoName(-result);
    if (code === undefined) return `-1 (errno ${-result})`;
    return `-1 ${code} (${errnoMessage(code)})`;
  }
  return pointerResults.has(name) ? `0x${result.toString(16)}` : String(result);
}
