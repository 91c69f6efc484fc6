/**
 * Making, replacing, ending and waiting for processes.
 * @see clone(2), execve(2), exit_group(2), wait4(2), waitid(2)
 */
import { ExecutableError } from "../../elf/executable-error.ts";
import { decodePath } from "../../vfs/path-name.ts";
import { cloneFlags } from "../constants/clone.ts";
import { AT_FDCWD, atFlags } from "../constants/files.ts";
import { signalCode, signalName, signals } from "../constants/signals.ts";
import { LinuxError } from "../errno.ts";
import { cloneArgsStruct, encodeUsage } from "../layout/process-structures.ts";
import type { CloneRequest } from "../process/clone.ts";
import { clone } from "../process/clone.ts";
import { execute } from "../process/execute.ts";
import { exitGroup, exitThread, reap } from "../process/exit.ts";
import type { Process, Usage } from "../process/process.ts";
import { waitStatus } from "../process/process.ts";
import { encodeSignalInfo } from "../signals/signal-info.ts";
import { flagsText } from "../strace/text.ts";
import type { FormatContext, SystemCallDefinition } from "./definition.ts";
import { systemCall } from "./definition.ts";
import * as kind from "./kinds.ts";
import { checkFlags, context, startOf } from "./support.ts";
import type { Outcome, SystemCall } from "./system-call.ts";
import { NO_RESULT } from "./system-call.ts";

/** clone, and for vfork the wait for the child to let the memory go. */
function cloneAndWait(call: SystemCall, request: CloneRequest): Outcome {
  const child = call.memo(() => clone(call, request));
  const { process, id } = child;
  if ((request.flags & cloneFlags.CLONE_VFORK) !== 0 && process.borrowsMemory && !process.zombie) {
    // Linux lets nothing but a fatal signal interrupt this wait: the child runs on the same stack.
    return call.block({ on: [process.released], interruption: "uninterruptible" });
  }
  return id;
}

function cloneRegisters(call: SystemCall): CloneRequest {
  const { cloneOrder } = call.kernel.binding;
  const register = (index: number): bigint => call.raw.arguments[index] ?? 0n;
  const flags = Number(BigInt.asUintN(32, register(cloneOrder.flags)));
  return {
    flags: (flags & ~0xff) >>> 0,
    exitSignal: flags & 0xff,
    stackPointer: Number(register(cloneOrder.stack)),
    parentTid: Number(register(cloneOrder.parentTid)),
    childTid: Number(register(cloneOrder.childTid)),
    tls: register(cloneOrder.tls),
  };
}

const MAX_SIGNAL = 64;

function clone3(call: SystemCall, address: number, size: number): Outcome {
  const { guest } = call;
  if (size < cloneArgsStruct.sizeOf(guest.model)) throw new LinuxError("EINVAL");
  if (size > 4096) throw new LinuxError("E2BIG");
  const args = guest.readStruct(cloneArgsStruct, address);
  if (args.flags > 0xffff_ffffn) throw new LinuxError("EINVAL");
  const exitSignal = Number(args.exitSignal);
  if (exitSignal > MAX_SIGNAL || (Number(args.flags) & 0xff) !== 0) throw new LinuxError("EINVAL");
  if ((args.stack === 0n) !== (args.stackBytes === 0n)) throw new LinuxError("EINVAL");
  return cloneAndWait(call, {
    flags: Number(args.flags),
    exitSignal,
    stackPointer: Number(args.stack + args.stackBytes),
    parentTid: Number(args.parentTid),
    childTid: Number(args.childTid),
    tls: args.tls,
  });
}

function readStrings(call: SystemCall, address: number): string[] {
  const { guest, kernel } = call;
  const { wordBytes } = guest.model;
  const strings: string[] = [];
  if (address === 0) return strings;
  let total = 0;
  const limit = kernel.limits.argumentBytes;
  for (let at = address; ; at += wordBytes) {
    const item = guest.readWord(at);
    if (item === 0) return strings;
    const bytes = guest.readBytesToNul(item, 131072);
    if (bytes === undefined) throw new LinuxError("E2BIG");
    total += bytes.length + 1 + wordBytes;
    if (total > limit) throw new LinuxError("E2BIG");
    strings.push(decodePath(bytes));
  }
}

function exec(
  call: SystemCall,
  args: { directory: number; path: number; argv: number; envp: number; flags: number },
): Outcome {
  const path = call.guest.readPath(args.path);
  const isEmpty = path === "" && (args.flags & atFlags.AT_EMPTY_PATH) !== 0;
  const isRelativeToFd = args.directory !== AT_FDCWD && !path.startsWith("/");
  const fileName = isEmpty
    ? `/dev/fd/${args.directory}`
    : isRelativeToFd
      ? `/dev/fd/${args.directory}/${path}`
      : path;
  try {
    execute(call.kernel, call.thread, {
      context: context(call),
      start: startOf(call, args.directory, path),
      path,
      allowEmpty: isEmpty,
      noFollow: (args.flags & atFlags.AT_SYMLINK_NOFOLLOW) !== 0,
      fileName,
      arguments: readStrings(call, args.argv),
      environment: readStrings(call, args.envp),
      identity: call.process.identity,
      limits: call.process.limits,
    });
  } catch (error) {
    if (error instanceof ExecutableError) throw new LinuxError(error.code, error.reason);
    throw error;
  }
  return NO_RESULT;
}

const waitOptions = {
  WNOHANG: 1,
  WUNTRACED: 2,
  WEXITED: 4,
  WCONTINUED: 8,
  WNOWAIT: 0x0100_0000,
  __WNOTHREAD: 0x2000_0000,
  __WALL: 0x4000_0000,
  __WCLONE: 0x8000_0000,
} as const;

interface Waited {
  readonly child: Process;
  readonly what: "ended" | "stopped" | "continued";
}

/**
 * A child that has something to report. Gives undefined when there are children but nothing to
 * report, and fails with ECHILD when there are none.
 */
function findChild(
  call: SystemCall,
  matches: (child: Process) => boolean,
  options: number,
): Waited | undefined {
  let isAny = false;
  for (const child of call.process.children) {
    if (!matches(child) || !isWaitedFor(child, options)) continue;
    isAny = true;
    if (child.zombie && (options & waitOptions.WEXITED) !== 0) return { child, what: "ended" };
    if (child.unreported === "stopped" && (options & waitOptions.WUNTRACED) !== 0) {
      return { child, what: "stopped" };
    }
    if (child.unreported === "continued" && (options & waitOptions.WCONTINUED) !== 0) {
      return { child, what: "continued" };
    }
  }
  if (!isAny) throw new LinuxError("ECHILD");
  return undefined;
}

// Children that don't end with SIGCHLD are only for those who ask for them.
function isWaitedFor(child: Process, options: number): boolean {
  if ((options & waitOptions.__WALL) !== 0) return true;
  const isClone = child.exitSignal !== signals.SIGCHLD;
  return isClone === ((options & waitOptions.__WCLONE) !== 0);
}

function statusOf({ child, what }: Waited): number {
  if (what === "stopped") return ((child.stoppedBy ?? signals.SIGSTOP) << 8) | 0x7f;
  if (what === "continued") return 0xffff;
  return child.exit === undefined ? 0 : waitStatus(child.exit);
}

function settle(call: SystemCall, { child, what }: Waited, keep: boolean): void {
  if (keep) return;
  if (what === "ended") reap(call.kernel, child);
  else child.unreported = undefined;
}

function totalUsage(child: Process): Usage {
  return {
    userNanos: child.usage.userNanos + child.childUsage.userNanos,
    maxResidentBytes: Math.max(child.usage.maxResidentBytes, child.childUsage.maxResidentBytes),
    minorFaults: child.usage.minorFaults + child.childUsage.minorFaults,
  };
}

function wait4(
  call: SystemCall,
  args: { pid: number; status: number; options: number; usage: number },
): Outcome {
  const { WNOHANG, WUNTRACED, WCONTINUED, __WNOTHREAD, __WALL, __WCLONE } = waitOptions;
  checkFlags(args.options, WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WALL | __WCLONE);
  const { guest, process } = call;
  const group = args.pid === 0 ? process.group : -args.pid;
  if (args.pid === -0x8000_0000) throw new LinuxError("ESRCH");
  const matches = (child: Process): boolean =>
    args.pid === -1 || (args.pid > 0 ? child.pid === args.pid : child.group === group);
  const found = findChild(call, matches, args.options | waitOptions.WEXITED);
  if (found === undefined) {
    if ((args.options & WNOHANG) !== 0) return 0;
    return call.block({ on: [process.childChange], interruption: "restart" });
  }
  if (args.status !== 0) guest.writeU32(args.status, statusOf(found));
  if (args.usage !== 0) guest.write(args.usage, encodeUsage(guest.model, totalUsage(found.child)));
  settle(call, found, false);
  return found.child.pid;
}

const idTypes = { P_ALL: 0, P_PID: 1, P_PGID: 2, P_PIDFD: 3 } as const;

function childMatcher(call: SystemCall, type: number, id: number): (child: Process) => boolean {
  switch (type) {
    case idTypes.P_ALL:
      return () => true;
    case idTypes.P_PID:
      if (id <= 0) throw new LinuxError("EINVAL");
      return (child) => child.pid === id;
    case idTypes.P_PGID: {
      if (id < 0) throw new LinuxError("EINVAL");
      const group = id === 0 ? call.process.group : id;
      return (child) => child.group === group;
    }
    default:
      throw new LinuxError("EINVAL");
  }
}

function waitid(
  call: SystemCall,
  args: { type: number; id: number; info: number; options: number; usage: number },
): Outcome {
  const { WNOHANG, WUNTRACED, WEXITED, WCONTINUED, WNOWAIT, __WNOTHREAD, __WALL, __WCLONE } =
    waitOptions;
  checkFlags(
    args.options,
    WNOHANG | WUNTRACED | WEXITED | WCONTINUED | WNOWAIT | __WNOTHREAD | __WALL | __WCLONE,
  );
  if ((args.options & (WUNTRACED | WEXITED | WCONTINUED)) === 0) throw new LinuxError("EINVAL");
  const { guest, process } = call;
  const found = findChild(call, childMatcher(call, args.type, args.id), args.options);
  if (found === undefined) {
    if ((args.options & WNOHANG) === 0) {
      return call.block({ on: [process.childChange], interruption: "restart" });
    }
    if (args.info !== 0) guest.write(args.info, new Uint8Array(128));
    return 0;
  }
  const { child } = found;
  if (args.usage !== 0) guest.write(args.usage, encodeUsage(guest.model, totalUsage(child)));
  if (args.info !== 0) {
    guest.write(
      args.info,
      encodeSignalInfo(guest.model, {
        kind: "child",
        signal: signals.SIGCHLD,
        pid: child.pid,
        uid: child.identity.uid,
        userTicks: Math.floor(child.usage.userNanos / 10_000_000),
        systemTicks: 0,
        ...childCode(found),
      }),
    );
  }
  settle(call, found, (args.options & WNOWAIT) !== 0);
  return 0;
}

function childCode({ child, what }: Waited): { code: number; status: number } {
  if (what === "stopped") {
    return { code: signalCode.CLD_STOPPED, status: child.stoppedBy ?? signals.SIGSTOP };
  }
  if (what === "continued") return { code: signalCode.CLD_CONTINUED, status: signals.SIGCONT };
  const { exit } = child;
  if (exit?.kind === "killed") {
    const code = exit.core ? signalCode.CLD_DUMPED : signalCode.CLD_KILLED;
    return { code, status: exit.signal };
  }
  return { code: signalCode.CLD_EXITED, status: (exit?.code ?? 0) & 0xff };
}

const cloneFlagArgument = {
  decode: kind.uint.decode,
  format: (value: number) => {
    const signal = value & 0xff;
    const flags = flagsText((value & ~0xff) >>> 0, cloneFlags, "");
    return (
      [flags, signal === 0 ? "" : signalName(signal)].filter((text) => text !== "").join("|") || "0"
    );
  },
};

const statusOut = {
  decode: kind.pointer.decode,
  isOutput: true,
  format: (address: number, { call, result }: FormatContext) => {
    if (address === 0 || result === undefined || result <= 0)
      return kind.pointer.format(address, { call, result });
    try {
      return `[${statusText(call.guest.readU32(address))}]`;
    } catch {
      return kind.pointer.format(address, { call, result });
    }
  },
};

function statusText(status: number): string {
  if (status === 0xffff) return "{WIFCONTINUED(s)}";
  if ((status & 0xff) === 0x7f) {
    return `{WIFSTOPPED(s) && WSTOPSIG(s) == ${signalName(status >> 8)}}`;
  }
  if ((status & 0x7f) === 0) return `{WIFEXITED(s) && WEXITSTATUS(s) == ${status >> 8}}`;
  return `{WIFSIGNALED(s) && WTERMSIG(s) == ${signalName(status & 0x7f)}}`;
}

const programArguments = {
  path: kind.path,
  argv: kind.strings("list"),
  envp: kind.strings("count"),
};

/** The rows of this family. */
export const processCalls: readonly SystemCallDefinition[] = [
  systemCall(
    "clone",
    {
      flags: cloneFlagArgument,
      stack: kind.pointer,
      parentTid: kind.pointer,
      tls: kind.pointer,
      childTid: kind.pointer,
    },
    (call) => cloneAndWait(call, cloneRegisters(call)),
    { support: "partial", note: "No namespaces, no CLONE_PIDFD." },
  ),
  systemCall(
    "clone3",
    { arguments: kind.pointer, size: kind.size },
    (call, args) => clone3(call, args.arguments, args.size),
    { support: "partial", note: "As clone; no CLONE_INTO_CGROUP, no chosen thread ids." },
  ),
  systemCall(
    "execve",
    programArguments,
    (call, args) => exec(call, { directory: AT_FDCWD, flags: 0, ...args }),
    { support: "partial", note: "ELF and #! files; set-user-id bits are ignored." },
  ),
  systemCall(
    "execveat",
    { directory: kind.directoryFd, ...programArguments, flags: kind.flags({ ...atFlags }) },
    (call, args) => {
      checkFlags(args.flags, atFlags.AT_EMPTY_PATH | atFlags.AT_SYMLINK_NOFOLLOW);
      return exec(call, args);
    },
    { support: "partial", note: "As execve." },
  ),
  systemCall("exit", { status: kind.int }, (call, { status }) => {
    exitThread(call.kernel, call.thread, { kind: "exited", code: status & 0xff });
    return NO_RESULT;
  }),
  systemCall("exit_group", { status: kind.int }, (call, { status }) => {
    exitGroup(call.kernel, call.process, { kind: "exited", code: status & 0xff });
    return NO_RESULT;
  }),
  systemCall(
    "wait4",
    {
      pid: kind.int,
      status: statusOut,
      options: kind.flags(waitOptions),
      usage: kind.pointer,
    },
    (call, args) => wait4(call, args),
  ),
  systemCall(
    "waitid",
    {
      type: kind.choice(idTypes),
      id: kind.int,
      info: kind.pointer,
      options: kind.flags(waitOptions),
      usage: kind.pointer,
    },
    (call, args) => waitid(call, args),
    { support: "partial", note: "No P_PIDFD." },
  ),
];
