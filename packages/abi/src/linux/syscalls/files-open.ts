/**
 * Opening, closing and duplicating descriptors.
 * @see open(2), close(2), dup(2), pipe(2), memfd_create(2)
 */
import { majorOf, minorOf } from "../../vfs/mode.ts";
import type { FileContext, OpenOptions, OpenResult, Start } from "../../vfs/types.ts";
import { O_ACCMODE, openFlags } from "../constants/files.ts";
import { LinuxError } from "../errno.ts";
import { FileDescription } from "../files/description.ts";
import { InodeFile, PathFile } from "../files/inode-file.ts";
import { ObjectInode } from "../files/object-inode.ts";
import { Pipe, PipeEnd } from "../files/pipe.ts";
import { struct } from "../layout/struct.ts";
import { resources, softLimit } from "../process/resource-limits.ts";
import type { SystemCallDefinition } from "./definition.ts";
import { systemCall } from "./definition.ts";
import * as kind from "./kinds.ts";
import { checkFlags, context, install, startOf } from "./support.ts";
import type { Outcome, SystemCall } from "./system-call.ts";

const flag = openFlags;
// Flags that say how to open, and are not kept in the description.
const CREATION_FLAGS = flag.O_CREAT | flag.O_EXCL | flag.O_NOCTTY | flag.O_TRUNC | flag.O_CLOEXEC;
const TTY_MAJOR = 5;

function options(flags: number, mode: number): OpenOptions {
  const has = (bit: number): boolean => (flags & bit) !== 0;
  if (has(flag.O_PATH)) {
    return {
      path: true,
      directory: has(flag.O_DIRECTORY),
      noFollow: has(flag.O_NOFOLLOW),
    };
  }
  const access = flags & O_ACCMODE;
  const temporary = has(flag.__O_TMPFILE);
  if (temporary && (!has(flag.O_DIRECTORY) || access === 0)) throw new LinuxError("EINVAL");
  return {
    read: access !== flag.O_WRONLY,
    write: access !== 0,
    create: has(flag.O_CREAT),
    exclusive: has(flag.O_EXCL),
    truncate: has(flag.O_TRUNC),
    directory: has(flag.O_DIRECTORY) && !temporary,
    noFollow: has(flag.O_NOFOLLOW),
    temporary,
    mode: mode & 0o7777,
  };
}

function open(
  call: SystemCall,
  directory: number,
  pathAddress: number,
  flags: number,
  mode: number,
): Outcome {
  const path = call.guest.readPath(pathAddress);
  const start = startOf(call, directory, path);
  const view = context(call);
  // Only a FIFO makes an open wait; what was opened is remembered then.
  const result = call.memo(() => openOrTerminal(call, view, start, path, flags, mode));
  const isCloseOnExec = (flags & flag.O_CLOEXEC) !== 0;
  const kept = flags & ~CREATION_FLAGS;
  if (result === "terminal") {
    const description = new FileDescription(call.kernel.standardFiles.terminal, kept);
    return install(call, description, isCloseOnExec);
  }
  if ((flags & flag.O_PATH) !== 0) {
    const object = new PathFile(result.inode);
    return install(call, new FileDescription(object, kept, result.location), isCloseOnExec);
  }
  if (result.file !== undefined) {
    const inode = result.inode.kind === "file" ? result.inode : undefined;
    if (inode !== undefined && (flags & flag.O_TRUNC) !== 0) {
      call.kernel.pageSources.afterWrite(inode, 0, Number.MAX_SAFE_INTEGER);
    }
    const object = new InodeFile(result.file);
    return install(call, new FileDescription(object, kept, result.location), isCloseOnExec);
  }
  return openKernelObject(call, result, kept, isCloseOnExec);
}

function openOrTerminal(
  call: SystemCall,
  view: FileContext,
  start: Start,
  path: string,
  flags: number,
  mode: number,
): OpenResult | "terminal" {
  const { vfs } = call.kernel;
  try {
    return vfs.open(view, start, path, options(flags, mode));
  } catch (error) {
    // /dev/tty and /dev/console have no driver in the tree: they are the kernel's terminal.
    if (!(error instanceof LinuxError) || error.code !== "ENXIO") throw error;
    const { inode } = vfs.resolve(view, start, path);
    if (inode.kind !== "character") throw error;
    const { rdev } = inode.stat();
    const { terminal } = call.kernel.standardFiles;
    const isConsole = minorOf(rdev) === 1;
    if (majorOf(rdev) !== TTY_MAJOR) throw error;
    if (!isConsole && (terminal.session === 0 || terminal.session !== call.process.session)) {
      throw error;
    }
    return "terminal";
  }
}

// FIFOs, and what /proc/self/fd leads to without a place in the tree.
function openKernelObject(
  call: SystemCall,
  result: OpenResult,
  flags: number,
  isCloseOnExec: boolean,
): Outcome {
  const access = flags & O_ACCMODE;
  const reads = access !== flag.O_WRONLY;
  const writes = access !== 0;
  if (result.inode instanceof ObjectInode) {
    const object = result.inode.object.reopen?.({ read: reads, write: writes });
    if (object === undefined) throw new LinuxError("ENXIO");
    return install(call, new FileDescription(object, flags), isCloseOnExec);
  }
  if (result.inode.kind !== "fifo") throw new LinuxError("ENXIO");
  const pipe = call.kernel.fifos.of(result.inode);
  const isNonBlocking = (flags & flag.O_NONBLOCK) !== 0;
  if (isNonBlocking && writes && !reads && pipe.readers === 0) throw new LinuxError("ENXIO");
  const waiting = call.memo<{ end?: PipeEnd; partnersBefore?: number }>(() => ({}), "fifo");
  if (waiting.end === undefined) {
    waiting.partnersBefore = reads ? pipe.writersEver : pipe.readersEver;
    waiting.end = new PipeEnd(pipe, { reads, writes }, result.inode);
  }
  const { end, partnersBefore = 0 } = waiting;
  const isAlone =
    reads !== writes &&
    (reads
      ? pipe.writers === 0 && pipe.writersEver === partnersBefore
      : pipe.readers === 0 && pipe.readersEver === partnersBefore);
  if (isAlone && !isNonBlocking) {
    return call.block({
      on: [pipe.waiters],
      interruption: "restart",
      cancel: () => end.close(),
    });
  }
  return install(call, new FileDescription(end, flags, result.location), isCloseOnExec);
}

function duplicate(call: SystemCall, from: number, to: number, closeOnExec: boolean): number {
  const { files, process } = call.thread;
  const description = files.get(from);
  if (to < 0 || to >= softLimit(process.limits, resources.RLIMIT_NOFILE)) {
    throw new LinuxError("EBADF");
  }
  files.replace(to, description, closeOnExec);
  return to;
}

const openHow = struct({ flags: "u64", mode: "u64", resolve: "u64" });
const MAX_U32 = 0xffff_ffffn;

const CLOSE_RANGE_UNSHARE = 2;
const CLOSE_RANGE_CLOEXEC = 4;
const MFD_CLOEXEC = 1;
const MFD_KNOWN = 0x1f;

/** Closes a descriptor; the process's record locks on the file go with it, as POSIX has it. */
function close(call: SystemCall, fd: number): number {
  const { files, process } = call.thread;
  const { object } = files.get(fd);
  files.close(fd);
  const inode = object.file?.inode;
  if (inode !== undefined) call.kernel.locks.releaseProcess(process, inode);
  return 0;
}

const descriptorFlags = kind.flags({
  O_CLOEXEC: flag.O_CLOEXEC,
  O_NONBLOCK: flag.O_NONBLOCK,
  O_DIRECT: flag.O_DIRECT,
});

/** The rows of this family. */
export const fileOpenCalls: readonly SystemCallDefinition[] = [
  systemCall(
    "openat",
    {
      directory: kind.directoryFd,
      path: kind.path,
      flags: kind.openFlagSet,
      mode: kind.mode,
    },
    (call, { directory, path, flags, mode }) => open(call, directory, path, flags, mode),
    { shown: ({ flags }) => ((flags & (flag.O_CREAT | flag.__O_TMPFILE)) !== 0 ? 4 : 3) },
  ),
  systemCall(
    "openat2",
    { directory: kind.directoryFd, path: kind.path, how: kind.pointer, size: kind.size },
    (call, { directory, path, how, size }) => {
      if (size < 24) throw new LinuxError("EINVAL");
      if (size > 4096) throw new LinuxError("E2BIG");
      const { flags, mode, resolve } = call.guest.readStruct(openHow, how);
      if (flags > MAX_U32 || mode > 0o7777n) throw new LinuxError("EINVAL");
      if (resolve !== 0n) throw new LinuxError("EOPNOTSUPP");
      return open(call, directory, path, Number(flags), Number(mode));
    },
    { support: "partial", note: "RESOLVE_* flags are refused." },
  ),
  systemCall("close", { fd: kind.fd }, (call, { fd }) => close(call, fd)),
  systemCall(
    "close_range",
    { first: kind.uint, last: kind.uint, flags: kind.hexUint },
    (call, { first, last, flags }) => {
      checkFlags(flags, CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC);
      if (first > last) throw new LinuxError("EINVAL");
      const { thread } = call;
      if ((flags & CLOSE_RANGE_UNSHARE) !== 0 && thread.files.isShared) {
        const copy = thread.files.copy();
        thread.files.release();
        thread.files = copy;
      }
      for (const fd of thread.files.numbers()) {
        if (fd < first || fd > last) continue;
        if ((flags & CLOSE_RANGE_CLOEXEC) !== 0) thread.files.setCloseOnExec(fd, true);
        else close(call, fd);
      }
      return 0;
    },
  ),
  systemCall("dup", { fd: kind.fd }, (call, { fd }) => {
    const { files, process } = call.thread;
    return files.add(files.get(fd), false, softLimit(process.limits, resources.RLIMIT_NOFILE));
  }),
  systemCall(
    "dup3",
    { from: kind.fd, to: kind.fd, flags: descriptorFlags },
    (call, { from, to, flags }) => {
      checkFlags(flags, flag.O_CLOEXEC);
      if (from === to) throw new LinuxError("EINVAL");
      return duplicate(call, from, to, flags !== 0);
    },
  ),
  systemCall(
    "pipe2",
    { ends: kind.fdPairOut, flags: descriptorFlags },
    (call, { ends, flags }) => {
      checkFlags(flags, flag.O_CLOEXEC | flag.O_NONBLOCK | flag.O_DIRECT);
      call.guest.accessible(ends, 8, "write");
      const pipe = new Pipe(call.kernel.allocateInode());
      const isCloseOnExec = (flags & flag.O_CLOEXEC) !== 0;
      const status = flags & flag.O_NONBLOCK;
      const reader = new PipeEnd(pipe, { reads: true, writes: false });
      const writer = new PipeEnd(pipe, { reads: false, writes: true });
      const readFd = install(call, new FileDescription(reader, status), isCloseOnExec);
      let writeFd: number;
      try {
        writeFd = install(call, new FileDescription(writer, status | flag.O_WRONLY), isCloseOnExec);
      } catch (error) {
        call.thread.files.close(readFd);
        throw error;
      }
      call.guest.writeU32(ends, readFd);
      call.guest.writeU32(ends + 4, writeFd);
      return 0;
    },
    { support: "partial", note: "O_DIRECT (packet mode) is ignored." },
  ),
  systemCall(
    "memfd_create",
    { name: kind.path, flags: kind.hexUint },
    (call, { name, flags }) => {
      checkFlags(flags, MFD_KNOWN);
      const label = call.guest.readBytesToNul(name, 250);
      if (label === undefined) throw new LinuxError("EINVAL");
      const { identity } = call.process;
      const file = call.kernel.unnamedFiles.root.createUnnamed(
        {
          kind: "file",
          mode: 0o777,
          uid: identity.fileSystemUid,
          gid: identity.fileSystemGid,
        },
        { read: true, write: true },
        true,
      );
      const description = new FileDescription(new InodeFile(file), flag.O_RDWR | flag.O_LARGEFILE);
      return install(call, description, (flags & MFD_CLOEXEC) !== 0);
    },
    { support: "partial", note: "Seals are not kept." },
  ),
];
