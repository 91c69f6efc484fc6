/**
 * Guest memory behind a software TLB: two direct-mapped tables, one for reads and one for writes,
 * probed inline. An entry has 16 bytes: the virtual page address (i64, all ones if empty) and what
 * to add to the low half of an address to get the byte offset in linear memory (i32).
 */
import type { AlignmentPolicy, MemoryAccess } from "@isovm/isa-spec";
import type { FunctionBuilder, FunctionIndex, Local } from "../emit/index.ts";
import type { Push } from "./arithmetic.ts";
import { loadInstruction, storeInstruction } from "./memory-access.ts";
import { resize, typeOf } from "./representation.ts";
import { swapBytes } from "./swap-bytes.ts";
import type { MemoryStrategy } from "./target.ts";

/** Bytes of one entry. */
export const tlbEntryBytes = 16;
/** Guest pages have 2^12 bytes. */
export const pageBits = 12;

/** Where the tables are. */
export interface SoftwareTlbTables {
  /** Byte offsets of the tables in linear memory. */
  readonly readTable: number;
  readonly writeTable: number;
  /** Entries of each table, a power of two. */
  readonly entries: number;
  /**
   * Byte offset of an i32 that is added to the tables' offsets: which of several sets of tables holds
   * now. Absent if there is one set.
   */
  readonly bank?: number | undefined;
}

/** Functions for what the tables miss, and what to do where they fail. */
export interface SlowPaths {
  /**
   * `(address: i64, size: i32) -> i32`: the byte offset of a copy or the original of what is to be
   * read, 0 if the access faults. `size` counts bytes; it is negative where alignment is required.
   */
  readonly readSlow: FunctionIndex;
  /** `(address: i64, size: i32) -> i32`: the byte offset of a location to be modified, or 0. */
  readonly locateSlow: FunctionIndex;
  /** `(address: i64, value: i64, size: i32) -> i32`: stores little-endian; 0 if it faults. */
  readonly storeSlow: FunctionIndex;
  /** Emits what leaves the instruction after a fault. */
  readonly fault: (code: FunctionBuilder) => void;
}

/** Where the tables are, and what to do with accesses that they miss. */
export type SoftwareTlbOptions = SoftwareTlbTables &
  (
    | (SlowPaths & {
        /** Absent: slow paths are called. */
        readonly miss?: undefined;
      })
    | {
        /** Emits what leaves the instruction, which has no effect then. */
        readonly miss: (code: FunctionBuilder) => void;
      }
  );

/**
 * Pushes what the entry of an access's page has to equal: the page of its last byte, so that one that
 * reaches into the next page misses; where alignment is required, an address that isn't aligned keeps
 * low bits and misses.
 */
export function pushAccessedPage(
  code: FunctionBuilder,
  guest: Local,
  sizeBytes: number,
  alignment: AlignmentPolicy,
): void {
  code.localGet(guest);
  if (alignment === "required") {
    code.i64Const(-(2 ** pageBits) + (sizeBytes - 1));
  } else {
    if (sizeBytes > 1) {
      code.i64Const(sizeBytes - 1);
      code.i64Add();
    }
    code.i64Const(-(2 ** pageBits));
  }
  code.i64And();
}

/** Adds the offset of the current set of tables to what is on the stack, if there are several. */
export function addBank(code: FunctionBuilder, bank: number | undefined): void {
  if (bank === undefined) return;
  code.i32Const(0);
  code.i32Load(bank);
  code.i32Add();
}

/** Makes the strategy; `options` may be shared by all instructions of a module. */
export function softwareTlb(options: SoftwareTlbOptions): MemoryStrategy {
  const indexMask = (options.entries - 1) * tlbEntryBytes;

  /** Leaves the address in an i64 local and the entry's offset in an i32 local; pushes the hit bit. */
  function probe(code: FunctionBuilder, table: number, access: MemoryAccess, address: Push) {
    const sizeBytes = access.width / 8;
    const guest = code.local("i64", "guest");
    const entry = code.local("i32", "entry");
    address();
    resize(code, access.address.width, 64);
    code.localTee(guest);
    code.i64Const(pageBits - Math.log2(tlbEntryBytes));
    code.i64ShrU();
    code.i32WrapI64();
    code.i32Const(indexMask);
    code.i32And();
    addBank(code, options.bank);
    code.localTee(entry);
    code.i64Load(table);
    pushAccessedPage(code, guest, sizeBytes, access.alignment);
    code.i64Eq();
    return { guest, entry, sizeBytes };
  }

  function hostAddress(
    code: FunctionBuilder,
    table: number,
    access: MemoryAccess,
    address: Push,
    slow: "readSlow" | "locateSlow",
  ): void {
    const host = code.local("i32", "host");
    const { guest, entry, sizeBytes } = probe(code, table, access, address);
    code.if(
      "i32",
      () => {
        code.localGet(guest);
        code.i32WrapI64();
        code.localGet(entry);
        code.i32Load(table + 8);
        code.i32Add();
      },
      () => {
        if (options.miss) return options.miss(code);
        code.localGet(guest);
        code.i32Const(access.alignment === "required" ? -sizeBytes : sizeBytes);
        code.call(options[slow]);
        code.localTee(host);
        code.i32Eqz();
        code.if(() => options.fault(code));
        code.localGet(host);
      },
    );
  }

  return {
    load(code, access, address) {
      hostAddress(code, options.readTable, access, address, "readSlow");
      loadInstruction(code, access);
    },
    locate(code, access, address) {
      hostAddress(code, options.writeTable, access, address, "locateSlow");
    },
    store(code, access, address, value) {
      const { guest, entry, sizeBytes } = probe(code, options.writeTable, access, address);
      const type = typeOf(access.width);
      const held = code.local(type, "value");
      code.if(
        () => {
          code.localGet(guest);
          code.i32WrapI64();
          code.localGet(entry);
          code.i32Load(options.writeTable + 8);
          code.i32Add();
          value();
          storeInstruction(code, access);
        },
        () => {
          if (options.miss) return options.miss(code);
          value();
          code.localSet(held);
          code.localGet(guest);
          code.localGet(held);
          if (access.endian === "big") swapBytes(code, access.width);
          resize(code, access.width, 64);
          code.i32Const(access.alignment === "required" ? -sizeBytes : sizeBytes);
          code.call(options.storeSlow);
          code.i32Eqz();
          code.if(() => options.fault(code));
        },
      );
    },
  };
}
