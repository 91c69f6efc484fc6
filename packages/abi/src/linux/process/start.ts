/**
 * The first process of a kernel.
 */
import { DescriptorTable } from "../files/descriptor-table.ts";
import type { Kernel } from "../kernel.ts";
import type { StartOptions } from "../kernel-options.ts";
import { SignalActions } from "../signals/actions.ts";
import { fileCredentials, identityOf } from "./credentials.ts";
import { FileSystemState } from "./file-system-state.ts";
import { loadProgram } from "./load-program.ts";
import { nameOfProgram } from "./names.ts";
import { Process } from "./process.ts";
import { initialLimits } from "./resource-limits.ts";
import { Thread } from "./thread.ts";

/** Loads a program and makes its process, with the host's streams as descriptors 0, 1 and 2. */
export function startFirstProcess(kernel: Kernel, options: StartOptions): Process {
  const identity = identityOf(options.uid ?? 0, options.gid ?? 0);
  const limits = initialLimits(kernel.limits);
  const umask = options.umask ?? 0o022;
  const credentials = fileCredentials(identity);
  const initial = kernel.vfs.initialContext(credentials, umask);
  const workingDirectory = kernel.vfs.enterDirectory(
    initial,
    undefined,
    options.workingDirectory ?? "/",
  );
  const program = loadProgram(kernel, {
    context: { ...initial, workingDirectory },
    start: undefined,
    path: options.program,
    arguments: options.arguments,
    environment: options.environment,
    identity,
    limits,
  });
  const id = kernel.allocateId();
  const process = new Process({
    pid: id,
    parent: undefined,
    memory: program.memory,
    actions: new SignalActions(),
    identity,
    limits,
    group: id,
    session: id,
    startNanos: kernel.now(),
    exitSignal: 0,
  });
  process.commandLine = program.arguments;
  process.hasExecuted = true;
  const cpu = kernel.createCpu(program.memory.space);
  kernel.binding.startProgram(cpu, program.entry, program.stackPointer);
  const files = new DescriptorTable();
  const thread = new Thread({
    id,
    process,
    cpu,
    files,
    fileSystem: new FileSystemState(initial.root, workingDirectory, umask),
    name: nameOfProgram(options.program),
    mask: 0n,
    enqueue: (woken) => kernel.enqueue(woken),
  });
  for (const [fd, description] of kernel.standardFiles.descriptions.entries()) {
    files.replace(fd, description, false);
  }
  kernel.processes.set(id, process);
  kernel.threads.set(id, thread);
  const { terminal } = kernel.standardFiles;
  terminal.session = id;
  terminal.foregroundGroup = id;
  kernel.enqueue(thread);
  return process;
}
