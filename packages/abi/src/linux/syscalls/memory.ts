/**
 * Address-space calls: mmap and its relatives.
 * @see mmap(2), munmap(2), mprotect(2), brk(2), mremap(2), madvise(2), msync(2)
 */

import type { PageSource } from "../address-space.ts";
import { PAGE_SIZE, Protection } from "../address-space.ts";
import { MAP_TYPE, mapFlags, mapTypes, protections, remapFlags } from "../constants/memory.ts";
import { LinuxError } from "../errno.ts";
import type { MemoryImage } from "../memory/memory-image.ts";
import { AnonymousSource } from "../memory/page-sources.ts";
import { resources, softLimit } from "../process/resource-limits.ts";
import { flagsText } from "../strace/text.ts";
import type { SystemCallDefinition } from "./definition.ts";
import { systemCall } from "./definition.ts";
import * as kind from "./kinds.ts";
import { checkRange, pages, regionsIn } from "./memory-ranges.ts";
import { checkFlags, openDescription, storedInode } from "./support.ts";
import type { SystemCall } from "./system-call.ts";

// vm.mmap_min_addr: null pointers with an offset must fault.
const LOWEST_ADDRESS = 0x10000;
const STACK_GAP_BYTES = 1 << 20;

// A page that can be written can be read, on every machine that Linux runs on.
function rights(protection: number): number {
  const kept = protection & 7;
  return (kept & Protection.write) !== 0 ? kept | Protection.read : kept;
}

function checkLimit(call: SystemCall, added: number): void {
  const { space } = call.process.memory;
  const limit = softLimit(call.process.limits, resources.RLIMIT_AS);
  if (space.mappedBytes + added > limit) throw new LinuxError("ENOMEM");
}

/** Where mappings without a wish of their own end: below the stack and what it may grow to. */
function mappingTop(image: MemoryImage): number {
  return image.layout.stackTop - image.layout.stackBytes - STACK_GAP_BYTES;
}

interface MapArguments {
  readonly address: number;
  readonly length: number;
  readonly protection: number;
  readonly flags: number;
  readonly fd: number;
  readonly offset: number;
}

function placement(call: SystemCall, args: MapArguments, length: number): number {
  const image = call.process.memory;
  const { space } = image;
  const isFixed = (args.flags & (mapFlags.MAP_FIXED | mapFlags.MAP_FIXED_NOREPLACE)) !== 0;
  if (isFixed) {
    checkRange(image, args.address, length, "ENOMEM");
    const isRoot = call.process.identity.effectiveUid === 0;
    if (args.address < LOWEST_ADDRESS && !isRoot) throw new LinuxError("EPERM");
    if ((args.flags & mapFlags.MAP_FIXED) === 0 && !isFree(image, args.address, length)) {
      throw new LinuxError("EEXIST");
    }
    return args.address;
  }
  const hint = pages(args.address);
  const { mmapLimit } = call.kernel.binding;
  if (hint >= LOWEST_ADDRESS && hint <= mmapLimit - length && isFree(image, hint, length)) {
    return hint;
  }
  const found =
    space.findFree(length, { lowest: LOWEST_ADDRESS, highest: mappingTop(image) }) ??
    space.findFree(length, { lowest: LOWEST_ADDRESS, highest: mmapLimit });
  if (found === undefined) throw new LinuxError("ENOMEM");
  return found;
}

function isFree({ space }: MemoryImage, start: number, length: number): boolean {
  return space.findFree(length, { lowest: start, highest: start + length }) === start;
}

interface Backing {
  readonly source: PageSource | undefined;
  readonly shared: boolean;
}

function backing(call: SystemCall, args: MapArguments, length: number): Backing {
  const type = args.flags & MAP_TYPE;
  const shared = type === mapTypes.MAP_SHARED || type === mapTypes.MAP_SHARED_VALIDATE;
  if (!shared && type !== mapTypes.MAP_PRIVATE) throw new LinuxError("EINVAL");
  if ((args.flags & mapFlags.MAP_ANONYMOUS) !== 0) {
    if (!shared) return { source: undefined, shared };
    return { source: new AnonymousSource(call.kernel.allocateInode(), length), shared };
  }
  const description = openDescription(call, args.fd);
  if (!description.readable) throw new LinuxError("EACCES");
  const isWritten = shared && (args.protection & Protection.write) !== 0;
  if (isWritten && !description.writable) throw new LinuxError("EACCES");
  const inode = storedInode(description.object);
  if (inode === undefined) {
    // /dev/zero is the old way to get anonymous memory.
    if (isZeroDevice(description.object.file?.inode)) {
      if (!shared) return { source: undefined, shared };
      return { source: new AnonymousSource(call.kernel.allocateInode(), length), shared };
    }
    throw new LinuxError("ENODEV");
  }
  const { location } = description;
  const name =
    location === undefined ? `/memfd:${inode.stat().ino}` : call.kernel.vfs.pathOf(location);
  const source = call.kernel.pageSources.of(inode, name);
  // A mapping of a writable descriptor may be made writable later by mprotect(2).
  if (shared && description.writable) source.allowWriting();
  return { source, shared };
}

function isZeroDevice(inode: { kind: string; stat(): { rdev: number } } | undefined): boolean {
  return inode?.kind === "character" && inode.stat().rdev === ((1 << 8) | 5);
}

function mmap(call: SystemCall, args: MapArguments): number {
  if (args.length === 0) throw new LinuxError("EINVAL");
  if (args.offset % PAGE_SIZE !== 0 || args.offset < 0) throw new LinuxError("EINVAL");
  const { memory } = call.process;
  const length = pages(args.length);
  if (length > memory.space.limit) throw new LinuxError("ENOMEM");
  if (args.offset + length > Number.MAX_SAFE_INTEGER) throw new LinuxError("EOVERFLOW");
  if ((args.flags & mapFlags.MAP_HUGETLB) !== 0) throw new LinuxError("ENOMEM");
  const { source, shared } = backing(call, args, length);
  const start = placement(call, args, length);
  checkLimit(call, length);
  memory.space.map({
    start,
    length,
    protection: rights(args.protection),
    source,
    sourceOffset: source === undefined ? 0 : args.offset,
    shared,
  });
  return start;
}

function brk(call: SystemCall, wanted: number): number {
  const { memory, limits } = call.process;
  const { breakStart } = memory.layout;
  const { space } = memory;
  if (wanted < breakStart || wanted > space.limit) return memory.break;
  if (wanted - breakStart > softLimit(limits, resources.RLIMIT_DATA)) return memory.break;
  const oldEnd = pages(memory.break);
  const newEnd = pages(wanted);
  if (newEnd < oldEnd) space.unmap(newEnd, oldEnd - newEnd);
  else if (newEnd > oldEnd) {
    const added = newEnd - oldEnd;
    const asLimit = softLimit(limits, resources.RLIMIT_AS);
    if (newEnd > call.kernel.binding.mmapLimit || !isFree(memory, oldEnd, added)) {
      return memory.break;
    }
    if (space.mappedBytes + added > asLimit) return memory.break;
    space.map({
      start: oldEnd,
      length: added,
      protection: Protection.read | Protection.write,
      name: "[heap]",
    });
  }
  memory.break = wanted;
  return wanted;
}

function mprotect(call: SystemCall, start: number, length: number, protection: number): number {
  if ((protection & ~0xf) !== 0) throw new LinuxError("EINVAL");
  const { memory } = call.process;
  const whole = checkRange(memory, start, length, "ENOMEM");
  if (whole === 0) return 0;
  if ((protection & Protection.write) !== 0) {
    for (const region of regionsIn(memory, start, whole)) {
      if (region.shared && region.source !== undefined && !isWritable(region.source)) {
        throw new LinuxError("EACCES");
      }
    }
  }
  if (memory.space.protect(start, whole, rights(protection))) return 0;
  // What lies before the first hole has changed all the same.
  let mapped = start;
  for (const region of regionsIn(memory, start, whole)) mapped = region.end;
  if (mapped > start) memory.space.protect(start, mapped - start, rights(protection));
  throw new LinuxError("ENOMEM");
}

// Anonymous shared memory has nothing to write back to, yet may always be written.
function isWritable(source: PageSource): boolean {
  return source.write !== undefined || source instanceof AnonymousSource;
}

function mremap(
  call: SystemCall,
  args: { old: number; oldLength: number; newLength: number; flags: number; target: number },
): number {
  const { MREMAP_MAYMOVE, MREMAP_FIXED } = remapFlags;
  checkFlags(args.flags, MREMAP_MAYMOVE | MREMAP_FIXED);
  const isFixed = (args.flags & MREMAP_FIXED) !== 0;
  const mayMove = (args.flags & MREMAP_MAYMOVE) !== 0;
  if (isFixed && !mayMove) throw new LinuxError("EINVAL");
  const { memory } = call.process;
  const { space } = memory;
  const oldLength = checkRange(memory, args.old, args.oldLength, "EINVAL");
  const newLength = pages(args.newLength);
  if (newLength === 0 || oldLength === 0) throw new LinuxError("EINVAL");
  if (newLength > space.limit) throw new LinuxError("ENOMEM");
  const region = space.regionAt(args.old);
  if (region === undefined || region.end < args.old + oldLength) throw new LinuxError("EFAULT");
  checkLimit(call, Math.max(0, newLength - oldLength));

  if (isFixed) {
    checkRange(memory, args.target, newLength, "EINVAL");
    if (args.target < args.old + oldLength && args.target + newLength > args.old) {
      throw new LinuxError("EINVAL");
    }
  }
  let { old } = args;
  if (newLength < oldLength) {
    space.unmap(old + newLength, oldLength - newLength);
    if (!isFixed) return old;
  }
  const kept = Math.min(oldLength, newLength);
  const isExtensible = region.end === old + oldLength;
  const fitsBehind =
    isExtensible &&
    old + newLength <= space.limit &&
    (newLength <= oldLength || isFree(memory, old + oldLength, newLength - oldLength));
  if (isFixed || !fitsBehind) {
    if (!mayMove) throw new LinuxError("ENOMEM");
    const target = isFixed
      ? args.target
      : space.findFree(newLength, { lowest: LOWEST_ADDRESS, highest: mappingTop(memory) });
    if (target === undefined) throw new LinuxError("ENOMEM");
    if (isFixed) space.unmap(target, newLength);
    space.move(old, target, kept);
    old = target;
  }
  if (newLength > kept) {
    space.map({
      start: old + kept,
      length: newLength - kept,
      protection: region.protection,
      source: region.source,
      sourceOffset:
        region.source === undefined ? 0 : region.sourceOffset + (args.old - region.start) + kept,
      shared: region.shared,
      name: region.name,
    });
  }
  return old;
}

const range = { start: kind.pointer, length: kind.size };
const mapFlagNames = {
  ...mapFlags,
};

/** The rows of this family. */
export const memoryCalls: readonly SystemCallDefinition[] = [
  systemCall("brk", { address: kind.pointer }, (call, { address }) => brk(call, address)),
  systemCall(
    "mmap",
    {
      address: kind.pointer,
      length: kind.size,
      protection: kind.flags(protections, "PROT_NONE"),
      flags: {
        decode: kind.uint.decode,
        format: (value: number) => {
          const type = Object.entries(mapTypes).find(([, bits]) => bits === (value & MAP_TYPE));
          const rest = flagsText(value & ~MAP_TYPE, mapFlagNames, "");
          const name = type?.[0] ?? `0x${(value & MAP_TYPE).toString(16)}`;
          return rest === "" ? name : `${name}|${rest}`;
        },
      },
      fd: kind.fd,
      offset: kind.size,
    },
    (call, args) =>
      // mmap2 counts its offset in units of 4096 bytes.
      mmap(call, call.guest.model.wordBytes === 8 ? args : { ...args, offset: args.offset * 4096 }),
    { support: "partial", note: "No huge pages; devices other than /dev/zero cannot be mapped." },
  ),
  systemCall("munmap", range, (call, { start, length }) => {
    const { memory } = call.process;
    if (length === 0) throw new LinuxError("EINVAL");
    const whole = checkRange(memory, start, length, "EINVAL");
    memory.space.unmap(start, whole);
    return 0;
  }),
  systemCall(
    "mprotect",
    { ...range, protection: kind.flags(protections, "PROT_NONE") },
    (call, { start, length, protection }) => mprotect(call, start, length, protection),
  ),
  systemCall(
    "mremap",
    {
      old: kind.pointer,
      oldLength: kind.size,
      newLength: kind.size,
      flags: kind.flags(remapFlags),
      target: kind.pointer,
    },
    (call, args) => mremap(call, args),
    { support: "partial", note: "No MREMAP_DONTUNMAP, no duplication of shared mappings." },
  ),
];
