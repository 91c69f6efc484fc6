/**
 * The state of a terminal's line discipline (`struct termios`).
 * @see termios(3), include/uapi/asm-generic/termbits.h
 */
import type { Struct } from "../layout/struct.ts";
import { struct } from "../layout/struct.ts";

const termiosMembers = {
  input: "u32",
  output: "u32",
  control: "u32",
  local: "u32",
  line: "u8",
  characters: { bytes: 19 },
} as const;
/** The kernel's `struct termios`: 36 bytes on every port with the generic layout. */
export const termiosStruct: Struct<typeof termiosMembers> = struct(termiosMembers);

const windowSizeMembers = {
  rows: "u16",
  columns: "u16",
  xPixels: "u16",
  yPixels: "u16",
} as const;
/** `struct winsize`. */
export const windowSizeStruct: Struct<typeof windowSizeMembers> = struct(windowSizeMembers);

/** A terminal's modes. */
export interface Termios {
  input: number;
  output: number;
  control: number;
  local: number;
  line: number;
  characters: Uint8Array;
}

/** `c_iflag` bits. */
export const inputModes = { INLCR: 0o100, IGNCR: 0o200, ICRNL: 0o400, IXON: 0o2000 } as const;
/** `c_lflag` bits. */
export const localModes = {
  ISIG: 0o1,
  ICANON: 0o2,
  ECHO: 0o10,
  TOSTOP: 0o400,
} as const;
/** Indices into `c_cc`. */
export const controlCharacters = {
  VINTR: 0,
  VQUIT: 1,
  VEOF: 4,
  VTIME: 5,
  VMIN: 6,
  VSUSP: 10,
} as const;

/** The modes of a fresh terminal: canonical input with echo, CR to NL, NL to CR-NL. */
export function defaultTermios(): Termios {
  return {
    input: 0x500,
    output: 0x5,
    control: 0xbf,
    local: 0x8a3b,
    line: 0,
    characters: Uint8Array.of(
      0x03,
      0x1c,
      0x7f,
      0x15,
      0x04,
      0,
      1,
      0,
      0x11,
      0x13,
      0x1a,
      0,
      0x12,
      0x0f,
      0x17,
      0x16,
      0,
      0,
      0,
    ),
  };
}
