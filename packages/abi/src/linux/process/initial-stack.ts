/**
 * What a new program finds on its stack: argument and environment strings, the pointers to them,
 * and the auxiliary vector.
 * @see System V ABI, "Process Initialization"; getauxval(3)
 */
import { encodePath } from "../../vfs/path-name.ts";
import type { LinuxBinding } from "../binding.ts";
import type { GuestMemory } from "../memory/guest-memory.ts";

/** Auxiliary vector entries. */
export const auxiliaryTypes = {
  AT_NULL: 0,
  AT_PHDR: 3,
  AT_PHENT: 4,
  AT_PHNUM: 5,
  AT_PAGESZ: 6,
  AT_BASE: 7,
  AT_FLAGS: 8,
  AT_ENTRY: 9,
  AT_UID: 11,
  AT_EUID: 12,
  AT_GID: 13,
  AT_EGID: 14,
  AT_PLATFORM: 15,
  AT_HWCAP: 16,
  AT_CLKTCK: 17,
  AT_SECURE: 23,
  AT_RANDOM: 25,
  AT_HWCAP2: 26,
  AT_EXECFN: 31,
  AT_MINSIGSTKSZ: 51,
} as const;

/** What goes onto the stack. */
export interface InitialStack {
  readonly top: number;
  readonly arguments: readonly string[];
  readonly environment: readonly string[];
  /** AT_EXECFN. */
  readonly fileName: string;
  /** 16 bytes. */
  readonly random: Uint8Array;
  /** Entries that need nothing on the stack, in order. */
  readonly auxiliary: readonly (readonly [type: number, value: bigint])[];
}

/** Where things went. */
export interface PlacedStack {
  readonly stackPointer: number;
  readonly argumentsStart: number;
  readonly argumentsEnd: number;
  readonly environmentStart: number;
  readonly environmentEnd: number;
  readonly auxiliaryVector: Uint8Array;
}

/** Bytes that arguments and environment take with their pointers: what E2BIG is about. */
export function stringBytes(strings: readonly string[], wordBytes: number): number {
  let total = 0;
  for (const text of strings) total += encodePath(text).length + 1 + wordBytes;
  return total;
}

/** Writes a program's initial stack. */
export function writeInitialStack(
  guest: GuestMemory,
  binding: LinuxBinding,
  stack: InitialStack,
): PlacedStack {
  const { wordBytes } = binding.model;
  let at = stack.top - wordBytes;
  const push = (bytes: Uint8Array): number => {
    at -= bytes.length;
    guest.write(at, bytes);
    return at;
  };
  const pushString = (text: string): number => push(terminated(text));
  const pushAll = (texts: readonly string[]): number[] => {
    const whole = texts.map(terminated);
    const length = whole.reduce((sum, bytes) => sum + bytes.length, 0);
    let next = at - length;
    const addresses: number[] = [];
    const block = new Uint8Array(length);
    for (const bytes of whole) {
      addresses.push(next);
      block.set(bytes, next - (at - length));
      next += bytes.length;
    }
    push(block);
    return addresses;
  };

  const fileName = pushString(stack.fileName);
  const environmentEnd = at;
  const environment = pushAll(stack.environment);
  const environmentStart = at;
  const args = pushAll(stack.arguments);
  const argumentsStart = at;
  const { platform } = binding.elf;
  const platformAt = platform === undefined ? undefined : pushString(platform);
  at -= at % 16;
  const random = push(stack.random);

  const auxiliary: (readonly [number, bigint])[] = [
    ...stack.auxiliary,
    [auxiliaryTypes.AT_RANDOM, BigInt(random)],
    [auxiliaryTypes.AT_EXECFN, BigInt(fileName)],
  ];
  if (platformAt !== undefined) {
    auxiliary.push([auxiliaryTypes.AT_PLATFORM, BigInt(platformAt)]);
  }
  auxiliary.push([auxiliaryTypes.AT_NULL, 0n]);

  const words: bigint[] = [
    BigInt(args.length),
    ...args.map(BigInt),
    0n,
    ...environment.map(BigInt),
    0n,
  ];
  const auxiliaryIndex = words.length;
  for (const [type, value] of auxiliary) words.push(BigInt(type), value);
  const size = words.length * wordBytes;
  const stackPointer = Math.floor((at - size) / 16) * 16;
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of words.entries()) {
    const offset = index * wordBytes;
    if (wordBytes === 8) view.setBigUint64(offset, value, binding.model.littleEndian);
    else view.setUint32(offset, Number(value & 0xffff_ffffn), binding.model.littleEndian);
  }
  guest.write(stackPointer, bytes);
  return {
    stackPointer,
    argumentsStart,
    argumentsEnd: environmentStart,
    environmentStart,
    environmentEnd,
    auxiliaryVector: bytes.slice(auxiliaryIndex * wordBytes),
  };
}

function terminated(text: string): Uint8Array {
  const bytes = encodePath(text);
  const whole = new Uint8Array(bytes.length + 1);
  whole.set(bytes);
  return whole;
}
