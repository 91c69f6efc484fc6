/**
 * The kinds of system-call arguments: how registers become values and what strace shows.
 */
import { encodePath } from "../../vfs/path-name.ts";
import { AT_FDCWD, O_ACCMODE, openFlags } from "../constants/files.ts";
import { signalName } from "../constants/signals.ts";
import { choiceText, flagsText, octalText, pointerText, quoteBytes } from "../strace/text.ts";
import type { ArgumentKind, FormatContext } from "./definition.ts";

type NumberKind = ArgumentKind<number>;

const asInt = (raw: bigint): number => Number(BigInt.asIntN(32, raw));
const asUnsigned = (raw: bigint): number => Number(BigInt.asUintN(32, raw));
const asWord = (raw: bigint): number => Number(raw);
const decimal = (value: number | bigint): string => String(value);

/** `int`. */
export const int: NumberKind = { decode: asInt, format: decimal };
/** `unsigned int`. */
export const uint: NumberKind = { decode: asUnsigned, format: decimal };
/** `unsigned int`, shown in hexadecimal. */
export const hexUint: NumberKind = {
  decode: asUnsigned,
  format: (value) => (value === 0 ? "0" : `0x${value.toString(16)}`),
};
/** `size_t` or `unsigned long`: exact below 2^53. */
export const size: NumberKind = { decode: asWord, format: decimal };
/** `long`: exact within 2^53. */
export const long: NumberKind = {
  decode: (raw, model) => Number(BigInt.asIntN(model.wordBytes * 8, raw)),
  format: decimal,
};
/** `loff_t`: 64 bits on every guest, exact within 2^53. */
export const offset: NumberKind = {
  isLongLong: true,
  decode: (raw) => Number(BigInt.asIntN(64, raw)),
  format: decimal,
};
/** A register's bits, for values that must be exact. */
export const word: ArgumentKind<bigint> = {
  decode: (raw) => raw,
  format: (value) => (value === 0n ? "0" : `0x${value.toString(16)}`),
};
/** An address in guest memory. */
export const pointer: NumberKind = { decode: asWord, format: pointerText };
/** A file descriptor. */
export const fd: NumberKind = { decode: asInt, format: decimal };
/** A directory's descriptor or AT_FDCWD. */
export const directoryFd: NumberKind = {
  decode: asInt,
  format: (value) => (value === AT_FDCWD ? "AT_FDCWD" : String(value)),
};
/** Permission bits. */
export const mode: NumberKind = { decode: asUnsigned, format: octalText };
/** A signal's number. */
export const signal: NumberKind = { decode: asInt, format: signalName };
/** A user or group id, -1 for "leave it". */
export const id: NumberKind = {
  decode: asUnsigned,
  format: (value) => (value === 0xffff_ffff ? "-1" : String(value)),
};

/** A path name, as the address of its string. */
export const path: NumberKind = {
  decode: asWord,
  format: (address, { call }) => {
    if (address === 0) return "NULL";
    try {
      return quoteBytes(encodePath(call.guest.readPath(address)), 4096);
    } catch {
      return pointerText(address);
    }
  },
};

/** Bytes that the call reads; `lengthOf` names the argument that says how many. */
export function bytesIn(lengthOf: string): NumberKind {
  return {
    decode: asWord,
    format: (address, { call }) => bytesText(call, address, Number(call.arguments[lengthOf] ?? 0)),
  };
}

/** Bytes that the call writes: as many as its result says. */
export const bytesOut: NumberKind = {
  decode: asWord,
  isOutput: true,
  format: (address, { call, result }) =>
    result === undefined || result < 0 ? pointerText(address) : bytesText(call, address, result),
};

function bytesText(call: FormatContext["call"], address: number, length: number): string {
  if (address === 0) return "NULL";
  try {
    // One byte more than is shown, so that the ellipsis appears.
    return quoteBytes(call.guest.read(address, Math.min(length, 33)));
  } catch {
    return pointerText(address);
  }
}

/** A set of flags, by name. */
export function flags(names: Readonly<Record<string, number>>, zero = "0"): NumberKind {
  return { decode: asUnsigned, format: (value) => flagsText(value, names, zero) };
}

/** One of several constants, by name. */
export function choice(names: Readonly<Record<string, number>>): NumberKind {
  return { decode: asInt, format: (value) => choiceText(value, names) };
}

const accessModes = ["O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"];
const { O_WRONLY: _w, O_RDWR: _rw, __O_TMPFILE: temporary, ...statusFlags } = openFlags;
const namedOpenFlags = { O_TMPFILE: temporary | openFlags.O_DIRECTORY, ...statusFlags };

/** `open`'s flags: the access mode first. */
export function openFlagsText(value: number): string {
  const access = accessModes[value & O_ACCMODE] ?? "";
  const rest = flagsText(value & ~O_ACCMODE, namedOpenFlags, "");
  return rest === "" ? access : `${access}|${rest}`;
}

/** `open`'s flags. */
export const openFlagSet: NumberKind = { decode: asUnsigned, format: openFlagsText };

/** Two descriptors that the call wrote: `[3, 4]`. */
export const fdPairOut: NumberKind = {
  decode: asWord,
  isOutput: true,
  format: (address, { call, result }) => {
    if (address === 0 || result === undefined || result < 0) return pointerText(address);
    try {
      return `[${call.guest.readI32(address)}, ${call.guest.readI32(address + 4)}]`;
    } catch {
      return pointerText(address);
    }
  },
};

/** A NULL-terminated array of strings: `["ls", "-l"]`; with `count`, only how many. */
export function strings(style: "list" | "count"): NumberKind {
  return {
    decode: asWord,
    format: (address, { call }) => {
      if (address === 0) return "NULL";
      try {
        const texts: string[] = [];
        const { wordBytes } = call.guest.model;
        for (let at = address; texts.length < 1024; at += wordBytes) {
          const item = call.guest.readWord(at);
          if (item === 0) break;
          const bytes = call.guest.readBytesToNul(item, 4096) ?? new Uint8Array(0);
          texts.push(quoteBytes(bytes));
        }
        if (style === "count") return `${pointerText(address)} /* ${texts.length} vars */`;
        const shown = texts.slice(0, 32);
        return `[${shown.join(", ")}${texts.length > shown.length ? ", ..." : ""}]`;
      } catch {
        return pointerText(address);
      }
    },
  };
}
