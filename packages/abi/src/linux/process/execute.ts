/**
 * execve(2): another program in place of the caller's.
 */
import type { Kernel } from "../kernel.ts";
import { exitThread, releaseBorrowedMemory } from "./exit.ts";
import type { ProgramRequest } from "./load-program.ts";
import { loadProgram } from "./load-program.ts";
import { nameOfProgram } from "./names.ts";
import type { Thread } from "./thread.ts";
import { noAlternateStack } from "./thread.ts";

/** Replaces the program of a thread's process. @throws LinuxError, ExecutableError before anything changed. */
export function execute(kernel: Kernel, thread: Thread, request: ProgramRequest): void {
  const program = loadProgram(kernel, request);
  const { process } = thread;
  // From here on there is no way back.
  for (const other of [...process.threads.values()]) {
    if (other !== thread) exitThread(kernel, other, { kind: "exited", code: 0 });
  }
  if (thread.id !== process.pid) becomeLeader(kernel, thread);
  process.timers?.disarm(true);
  process.usage.maxResidentBytes = Math.max(
    process.usage.maxResidentBytes,
    process.memory.space.residentBytes,
  );
  const old = process.memory;
  process.memory = program.memory;
  thread.cpu.reset();
  thread.cpu.setAddressSpace(program.memory.space);
  old.release();
  releaseBorrowedMemory(process);

  process.actions = process.actions.copy();
  process.actions.resetHandlers();
  process.identity = {
    ...program.identity,
    savedUid: program.identity.effectiveUid,
    savedGid: program.identity.effectiveGid,
  };
  process.hasExecuted = true;
  process.commandLine = program.arguments;
  thread.alternateStack = noAlternateStack;
  thread.clearChildTid = 0;
  thread.robustList = 0;
  thread.name = nameOfProgram(request.fileName ?? request.path);
  if (thread.files.isShared) {
    const copy = thread.files.copy();
    thread.files.release();
    thread.files = copy;
  }
  thread.files.closeWhere((_fd, closeOnExec) => closeOnExec);
  kernel.binding.startProgram(thread.cpu, program.entry, program.stackPointer);
}

// The thread that calls execve takes over the process's id.
function becomeLeader(kernel: Kernel, thread: Thread): void {
  const { process } = thread;
  kernel.threads.delete(thread.id);
  process.threads.delete(thread.id);
  thread.id = process.pid;
  kernel.threads.set(thread.id, thread);
  process.threads.set(thread.id, thread);
}
