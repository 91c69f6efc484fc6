/**
 * Loading a program: `#!` scripts, the executable and its interpreter, stack and heap, into a new
 * address space.
 * @see execve(2), "Interpreter scripts"
 */
import type { ElfFile } from "../../elf/elf-file.ts";
import {
  checkElf,
  elfTypes,
  interpreterPath,
  parseElf,
  segmentFlags,
  segmentTypes,
} from "../../elf/elf-file.ts";
import { ExecutableError } from "../../elf/executable-error.ts";
import type { LoadedElf } from "../../elf/map-segments.ts";
import { elfExtent, mapSegments } from "../../elf/map-segments.ts";
import { decodePath } from "../../vfs/path-name.ts";
import type { FileContext, Location, OpenFile, Start } from "../../vfs/types.ts";
import type { AddressSpace } from "../address-space.ts";
import { GuestFault, PAGE_SIZE, Protection } from "../address-space.ts";
import { LinuxError } from "../errno.ts";
import type { Kernel } from "../kernel.ts";
import { GuestMemory } from "../memory/guest-memory.ts";
import { MemoryImage } from "../memory/memory-image.ts";
import type { Identity } from "./credentials.ts";
import { auxiliaryTypes, stringBytes, writeInitialStack } from "./initial-stack.ts";
import type { ResourceLimits } from "./resource-limits.ts";
import { resources, softLimit } from "./resource-limits.ts";

/** What is to be loaded, and for whom. */
export interface ProgramRequest {
  readonly context: FileContext;
  readonly start: Start;
  readonly path: string;
  readonly allowEmpty?: boolean;
  readonly noFollow?: boolean;
  /** AT_EXECFN, where it differs from the path. */
  readonly fileName?: string;
  readonly arguments: readonly string[];
  readonly environment: readonly string[];
  readonly identity: Identity;
  readonly limits: ResourceLimits;
}

/** A program that is ready to run. */
export interface LoadedProgram {
  readonly memory: MemoryImage;
  readonly entry: number;
  readonly stackPointer: number;
  /** The arguments with which it was loaded in the end: an interpreter's for scripts. */
  readonly arguments: readonly string[];
  /** Ids that a set-user-id file gives. */
  readonly identity: Identity;
}

// Linux gives up after this many interpreters of interpreters.
const MAX_SCRIPT_DEPTH = 4;
const SCRIPT_LINE_BYTES = 256;
const STACK_GAP_BYTES = 1 << 20;
const MIN_STACK_BYTES = 128 << 10;
const MAX_STACK_BYTES = 64 << 20;

interface Executable {
  readonly file: OpenFile;
  readonly location: Location | undefined;
  readonly name: string;
}

/** Loads a program. @throws LinuxError, ExecutableError; then nothing has changed. */
export function loadProgram(kernel: Kernel, request: ProgramRequest): LoadedProgram {
  let executable = openExecutable(kernel, request, request.path, request.start);
  let args = request.arguments;
  try {
    for (let depth = 0; ; depth += 1) {
      const script = readScriptLine(executable.file);
      if (script === undefined) break;
      if (depth >= MAX_SCRIPT_DEPTH) throw new LinuxError("ELOOP", request.path);
      const scriptName = depth === 0 ? (request.fileName ?? request.path) : executable.name;
      args = [script.interpreter, ...script.argument, scriptName, ...args.slice(1)];
      executable.file.close();
      executable = openExecutable(kernel, request, script.interpreter, undefined);
    }
    return load(kernel, request, executable, args);
  } finally {
    executable.file.close();
  }
}

function openExecutable(
  kernel: Kernel,
  request: ProgramRequest,
  path: string,
  start: Start,
): Executable {
  const { vfs } = kernel;
  const found = vfs.resolve(request.context, start, path, {
    allowEmpty: request.allowEmpty === true && path === "",
    follow: request.noFollow !== true,
  });
  if (found.inode.kind === "symlink") throw new LinuxError("ELOOP", path);
  if (found.inode.kind !== "file") throw new LinuxError("EACCES", path);
  vfs.demandAccess(request.context, found, { execute: true });
  const name =
    found.location === undefined ? path : vfs.pathOf(found.location, request.context.root);
  const file = found.inode.open({ read: true, write: false });
  return { file, location: found.location, name };
}

function readScriptLine(file: OpenFile): { interpreter: string; argument: string[] } | undefined {
  const start = new Uint8Array(SCRIPT_LINE_BYTES);
  const count = file.read(start, 0);
  if (count < 2 || start[0] !== 0x23 || start[1] !== 0x21) return undefined;
  const line = start.subarray(2, count);
  const newline = line.indexOf(0x0a);
  const text = decodePath(newline >= 0 ? line.subarray(0, newline) : line).replace(/\0.*$/s, "");
  const match = /^[ \t]*([^ \t]+)[ \t]*(.*?)[ \t]*$/s.exec(text);
  const interpreter = match?.[1];
  if (interpreter === undefined) throw new ExecutableError("the #! line names no interpreter");
  const argument = match?.[2] ?? "";
  return { interpreter, argument: argument === "" ? [] : [argument] };
}

function parse(kernel: Kernel, file: OpenFile): ElfFile {
  const source = {
    sizeBytes: file.size(),
    read: (offset: number, target: Uint8Array) => file.read(target, offset),
  };
  const elf = parseElf(source);
  checkElf(elf, kernel.binding.elf, source.sizeBytes, kernel.binding.mmapLimit);
  return elf;
}

function load(
  kernel: Kernel,
  request: ProgramRequest,
  executable: Executable,
  args: readonly string[],
): LoadedProgram {
  const { binding } = kernel;
  const { wordBytes } = binding.model;
  // A program without even a name gets an empty one, as Linux has it.
  const argv = args.length === 0 ? [""] : args;
  if (
    stringBytes(argv, wordBytes) + stringBytes(request.environment, wordBytes) >
    kernel.limits.argumentBytes
  ) {
    throw new LinuxError("E2BIG");
  }
  const elf = parse(kernel, executable.file);
  const interpreter = openInterpreter(kernel, request, executable.file);
  const space = kernel.memory.create(binding.userLimit);
  try {
    const placed = place(kernel, request, { executable, elf, interpreter, argv, space });
    return placed;
  } catch (error) {
    space.dispose();
    if (error instanceof GuestFault) throw new LinuxError("ENOMEM");
    throw error;
  } finally {
    interpreter?.executable.file.close();
  }
}

interface Interpreter {
  readonly executable: Executable;
  readonly elf: ElfFile;
}

function openInterpreter(
  kernel: Kernel,
  request: ProgramRequest,
  file: OpenFile,
): Interpreter | undefined {
  const source = {
    sizeBytes: file.size(),
    read: (offset: number, target: Uint8Array) => file.read(target, offset),
  };
  const path = interpreterPath(parseElf(source), source);
  if (path === undefined) return undefined;
  const name = decodePath(path);
  // Errors have one line, whatever a path has.
  const shown = JSON.stringify(name).slice(1, -1);
  let executable: Executable;
  try {
    executable = openExecutable(kernel, request, name, undefined);
  } catch (error) {
    if (!(error instanceof LinuxError)) throw error;
    throw new ExecutableError(
      `its interpreter ${shown} cannot be opened: ${error.code}`,
      error.code,
    );
  }
  try {
    return { executable, elf: parse(kernel, executable.file) };
  } catch (error) {
    executable.file.close();
    if (!(error instanceof ExecutableError)) throw error;
    throw new ExecutableError(`its interpreter ${shown}: ${error.reason}`, "ELIBBAD");
  }
}

interface Parts {
  readonly executable: Executable;
  readonly elf: ElfFile;
  readonly interpreter: Interpreter | undefined;
  readonly argv: readonly string[];
  readonly space: AddressSpace;
}

function place(kernel: Kernel, request: ProgramRequest, parts: Parts): LoadedProgram {
  const { binding } = kernel;
  const { executable, elf, interpreter, space } = parts;
  const stackTop = binding.mmapLimit - 2 * PAGE_SIZE;
  const stackBytes = mapStack(space, elf, request.limits, stackTop);
  const trampoline = binding.mmapLimit - PAGE_SIZE;
  mapTrampoline(kernel, space, trampoline);

  const program = mapElf(kernel, executable, elf, space, binding.elf.dynamicBase);
  const loader =
    interpreter === undefined
      ? undefined
      : mapElf(
          kernel,
          interpreter.executable,
          interpreter.elf,
          space,
          undefined,
          stackTop - stackBytes - STACK_GAP_BYTES,
        );

  const guest = new GuestMemory(space, binding.model);
  const random = new Uint8Array(16);
  kernel.host.random(random);
  const stack = writeInitialStack(guest, binding, {
    top: stackTop,
    arguments: parts.argv,
    environment: request.environment,
    fileName: request.fileName ?? request.path,
    random,
    auxiliary: auxiliary(kernel, request.identity, elf, program, loader),
  });
  const breakStart = Math.ceil(program.end / PAGE_SIZE) * PAGE_SIZE;
  const memory = new MemoryImage(
    space,
    binding.model,
    {
      codeStart: program.codeStart,
      codeEnd: program.codeEnd,
      stackTop,
      stackBytes,
      argumentsStart: stack.argumentsStart,
      argumentsEnd: stack.argumentsEnd,
      environmentStart: stack.environmentStart,
      environmentEnd: stack.environmentEnd,
      auxiliaryVector: stack.auxiliaryVector,
      signalTrampoline: trampoline,
      breakStart,
    },
    executable.location,
  );
  return {
    memory,
    entry: (loader ?? program).entry,
    stackPointer: stack.stackPointer,
    arguments: parts.argv,
    identity: request.identity,
  };
}

function mapStack(space: AddressSpace, elf: ElfFile, limits: ResourceLimits, top: number): number {
  const soft = softLimit(limits, resources.RLIMIT_STACK);
  const bytes = Math.min(Math.max(soft, MIN_STACK_BYTES), MAX_STACK_BYTES);
  const length = Math.floor(bytes / PAGE_SIZE) * PAGE_SIZE;
  const mark = elf.programHeaders.find(({ type }) => type === segmentTypes.PT_GNU_STACK);
  const isExecutable = mark !== undefined && (mark.flags & segmentFlags.PF_X) !== 0;
  space.map({
    start: top - length,
    length,
    protection: Protection.read | Protection.write | (isExecutable ? Protection.execute : 0),
    name: "[stack]",
  });
  return length;
}

function mapTrampoline(kernel: Kernel, space: AddressSpace, address: number): void {
  space.map({
    start: address,
    length: PAGE_SIZE,
    protection: Protection.read | Protection.execute,
    name: "[vdso]",
  });
  space.poke(address, kernel.binding.signalTrampoline);
}

function mapElf(
  kernel: Kernel,
  executable: Executable,
  elf: ElfFile,
  space: AddressSpace,
  base: number | undefined,
  highest = 0,
): LoadedElf {
  const extent = elfExtent(elf);
  let bias = 0;
  if (elf.type === elfTypes.ET_DYN) {
    const lowest = PAGE_SIZE;
    const start =
      base ?? space.findFree(extent.length, { lowest, highest, alignment: extent.alignment });
    if (start === undefined) throw new LinuxError("ENOMEM");
    bias = Math.ceil(start / extent.alignment) * extent.alignment - extent.start;
  }
  const end = extent.start + bias + extent.length;
  // The program must leave the stack alone; only a hostile one would not.
  if (extent.start + bias < 0 || end > kernel.binding.mmapLimit) throw new LinuxError("ENOMEM");
  for (const region of space.regions()) {
    if (region.start < end && region.end > extent.start + bias) {
      throw new ExecutableError("segments overlap the stack", "ENOMEM");
    }
  }
  const source = kernel.pageSources.of(executable.file.inode, executable.name);
  return mapSegments(space, elf, source, bias);
}

function auxiliary(
  kernel: Kernel,
  identity: Identity,
  elf: ElfFile,
  program: LoadedElf,
  loader: LoadedElf | undefined,
): (readonly [number, bigint])[] {
  const { elf: target } = kernel.binding;
  const t = auxiliaryTypes;
  const isSecure = identity.uid !== identity.effectiveUid || identity.gid !== identity.effectiveGid;
  const entries: (readonly [number, bigint])[] = [
    [t.AT_HWCAP, target.hwcap],
    [t.AT_PAGESZ, BigInt(PAGE_SIZE)],
    [t.AT_CLKTCK, 100n],
    [t.AT_PHDR, BigInt(program.programHeaders)],
    [t.AT_PHENT, BigInt(elf.programHeaderBytes)],
    [t.AT_PHNUM, BigInt(elf.programHeaders.length)],
    [t.AT_BASE, BigInt(loader?.bias ?? 0)],
    [t.AT_FLAGS, 0n],
    [t.AT_ENTRY, BigInt(program.entry)],
    [t.AT_UID, BigInt(identity.uid)],
    [t.AT_EUID, BigInt(identity.effectiveUid)],
    [t.AT_GID, BigInt(identity.gid)],
    [t.AT_EGID, BigInt(identity.effectiveGid)],
    [t.AT_SECURE, isSecure ? 1n : 0n],
  ];
  if (target.hwcap2 !== undefined) entries.push([t.AT_HWCAP2, target.hwcap2]);
  if (target.minimumSignalStackBytes !== undefined) {
    entries.push([t.AT_MINSIGSTKSZ, BigInt(target.minimumSignalStackBytes)]);
  }
  return entries;
}
