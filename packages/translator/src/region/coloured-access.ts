/**
 * Accesses to pages that lie where their colour says: only the page has to be compared, and where
 * the data is doesn't depend on a table.
 */
import type { AlignmentPolicy, MemoryAccess, RegionPlaces } from "@isovm/isa-spec";
import {
  type FunctionBuilder,
  type Local,
  type Push,
  pageBits,
  pushAccessedPage,
  resize,
} from "@isovm/wasm";

/** The colour window and its tables. */
export type Coloured = NonNullable<RegionPlaces["coloured"]>;

const colourEntryBytes = 8;

/** Pushes whether the page lies elsewhere than where its colour is, or not all of `sizeBytes` in it. */
export function pushIsElsewhere(
  code: FunctionBuilder,
  { pages, readTable, writeTable }: Coloured,
  guest: Local,
  direction: "read" | "write",
  sizeBytes: number,
  alignment: AlignmentPolicy,
): void {
  code.localGet(guest);
  code.i64Const(pageBits - Math.log2(colourEntryBytes));
  code.i64ShrU();
  code.i32WrapI64();
  code.i32Const((pages - 1) * colourEntryBytes);
  code.i32And();
  code.i64Load(direction === "read" ? readTable : writeTable);
  pushAccessedPage(code, guest, sizeBytes, alignment);
  code.i64Ne();
}

/** Checks an access on its own, and pushes the variable part of its byte offset in linear memory. */
export function pushCheckedPlace(
  code: FunctionBuilder,
  coloured: Coloured,
  access: MemoryAccess,
  address: Push,
  direction: "read" | "write",
  leave: () => void,
): void {
  const guest = code.local("i64", "guest");
  address();
  resize(code, access.address.width, 64);
  code.localSet(guest);
  pushIsElsewhere(code, coloured, guest, direction, access.width / 8, access.alignment);
  code.if(leave);
  code.localGet(guest);
  code.i32WrapI64();
  maskColour(code, coloured);
}

/** Pushes the variable part of the byte offset of an access whose page was compared. */
export function pushKnownPlace(
  code: FunctionBuilder,
  coloured: Coloured,
  access: MemoryAccess,
  address: Push,
): void {
  address();
  resize(code, access.address.width, 32);
  maskColour(code, coloured);
}

function maskColour(code: FunctionBuilder, { pages }: Coloured): void {
  code.i32Const(pages * 2 ** pageBits - 1);
  code.i32And();
}

/** What a group of accesses needs to be checked. */
export interface GroupRange {
  /** Width in bits of the register that the accesses are relative to. */
  readonly baseWidth: number;
  readonly direction: "read" | "write";
  /** The accesses lie from this distance up to that one, in bytes. */
  readonly low: number;
  readonly end: number;
}

/** Pushes whether the accesses of a group can't be made; `base` pushes the register. */
export function pushGroupIsElsewhere(
  code: FunctionBuilder,
  coloured: Coloured,
  { baseWidth, direction, low, end }: GroupRange,
  base: Push,
): void {
  const guest = code.local("i64", "guest");
  base();
  if (baseWidth > 32) {
    code.i64Const(low);
    code.i64Add();
  } else {
    code.i32Const(low);
    code.i32Add();
    code.i64ExtendI32U();
  }
  code.localSet(guest);
  pushIsElsewhere(code, coloured, guest, direction, end - low, "any");
}
