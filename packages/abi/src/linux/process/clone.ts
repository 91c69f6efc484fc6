/**
 * New processes and threads.
 * @see clone(2), fork(2), vfork(2)
 */
import { cloneFlags } from "../constants/clone.ts";
import { LinuxError } from "../errno.ts";
import type { Kernel } from "../kernel.ts";
import type { SystemCall } from "../syscalls/system-call.ts";
import { Process } from "./process.ts";
import { resources, softLimit } from "./resource-limits.ts";
import type { AlternateStack } from "./thread.ts";
import { noAlternateStack, Thread } from "./thread.ts";

/** What clone(2) or clone3(2) asked for. */
export interface CloneRequest {
  /** CLONE_* bits, without the exit signal. */
  readonly flags: number;
  readonly exitSignal: number;
  /** New stack pointer; 0 keeps the parent's. */
  readonly stackPointer: number;
  readonly parentTid: number;
  readonly childTid: number;
  readonly tls: bigint;
}

/** Makes a thread or process that goes on where the caller is. @throws LinuxError EAGAIN, EINVAL, ENOMEM. */
export function clone(call: SystemCall, request: CloneRequest): Thread {
  const { kernel, thread: parent } = call;
  const { flags } = request;
  check(kernel, parent, flags);

  const id = kernel.allocateId();
  const isThread = (flags & cloneFlags.CLONE_THREAD) !== 0;
  const process = isThread ? joinProcess(parent.process) : forkProcess(kernel, parent, id, request);
  const space = process.memory.space;
  const cpu = kernel.createCpu(space);
  cpu.load(parent.cpu.save());
  cpu.dropReservation?.();
  const child = new Thread({
    id,
    process,
    cpu,
    files: (flags & cloneFlags.CLONE_FILES) !== 0 ? parent.files.retain() : parent.files.copy(),
    fileSystem: (flags & cloneFlags.CLONE_FS) !== 0 ? parent.fileSystem : parent.fileSystem.copy(),
    name: parent.name,
    mask: parent.mask,
    enqueue: (woken) => kernel.enqueue(woken),
  });
  child.alternateStack = inheritedStack(parent, flags);
  kernel.threads.set(id, child);

  const { binding } = kernel;
  binding.writeResult(cpu, 0n);
  if (request.stackPointer !== 0) binding.setStackPointer(cpu, BigInt(request.stackPointer));
  if ((flags & cloneFlags.CLONE_SETTLS) !== 0) binding.setThreadPointer(cpu, request.tls);
  if ((flags & cloneFlags.CLONE_CHILD_CLEARTID) !== 0) child.clearChildTid = request.childTid;
  if ((flags & cloneFlags.CLONE_PARENT_SETTID) !== 0) {
    parent.process.memory.guest.writeU32(request.parentTid, id);
  }
  if ((flags & cloneFlags.CLONE_CHILD_SETTID) !== 0) {
    // As in Linux, a bad address is not an error: the child exists already.
    if (process.memory.space.accessible(request.childTid, 4, "write") === 4) {
      process.memory.guest.writeU32(request.childTid, id);
    }
  }
  if ((flags & cloneFlags.CLONE_VFORK) !== 0) process.borrowsMemory = true;
  kernel.enqueue(child);
  return child;
}

function check(kernel: Kernel, parent: Thread, flags: number): void {
  const has = (flag: number): boolean => (flags & flag) !== 0;
  const { CLONE_THREAD, CLONE_SIGHAND, CLONE_VM, CLONE_FS, CLONE_NEWNS } = cloneFlags;
  if (has(CLONE_THREAD) && !has(CLONE_SIGHAND)) throw new LinuxError("EINVAL");
  if (has(CLONE_SIGHAND) && !has(CLONE_VM)) throw new LinuxError("EINVAL");
  if (has(CLONE_FS) && has(CLONE_NEWNS)) throw new LinuxError("EINVAL");
  if (has(cloneFlags.CLONE_PIDFD)) throw new LinuxError("EINVAL");
  if ((flags & namespaces) !== 0) throw new LinuxError("EPERM");
  if (kernel.threads.size >= kernel.limits.threads) throw new LinuxError("EAGAIN");
  // Root is not bound by RLIMIT_NPROC; the machine's own limit holds for everybody.
  if (parent.process.identity.uid !== 0) {
    const limit = softLimit(parent.process.limits, resources.RLIMIT_NPROC);
    if (kernel.threads.size >= limit) throw new LinuxError("EAGAIN");
  }
}

const namespaces =
  cloneFlags.CLONE_NEWNS |
  cloneFlags.CLONE_NEWCGROUP |
  cloneFlags.CLONE_NEWUTS |
  cloneFlags.CLONE_NEWIPC |
  cloneFlags.CLONE_NEWUSER |
  cloneFlags.CLONE_NEWPID |
  cloneFlags.CLONE_NEWNET;

function joinProcess(process: Process): Process {
  process.memory.retain();
  return process;
}

function forkProcess(kernel: Kernel, parent: Thread, id: number, request: CloneRequest): Process {
  const { flags } = request;
  const source = parent.process;
  const sharesMemory = (flags & cloneFlags.CLONE_VM) !== 0;
  const process = new Process({
    pid: id,
    parent: (flags & cloneFlags.CLONE_PARENT) !== 0 ? source.parent : source,
    memory: sharesMemory ? source.memory.retain() : source.memory.fork(),
    actions: (flags & cloneFlags.CLONE_SIGHAND) !== 0 ? source.actions : source.actions.copy(),
    identity: source.identity,
    limits: source.limits,
    group: source.group,
    session: source.session,
    startNanos: kernel.now(),
    exitSignal: request.exitSignal,
  });
  process.commandLine = source.commandLine;
  process.dumpable = source.dumpable;
  process.noNewPrivileges = source.noNewPrivileges;
  process.niceness = source.niceness;
  kernel.processes.set(id, process);
  return process;
}

function inheritedStack(parent: Thread, flags: number): AlternateStack {
  // A thread that shares memory without being a vfork child must not share the stack.
  const shares = (flags & cloneFlags.CLONE_VM) !== 0 && (flags & cloneFlags.CLONE_VFORK) === 0;
  return shares ? noAlternateStack : parent.alternateStack;
}
