/**
 * The virtual-address translation process, step by step as the manual has it, over BigInt.
 *
 * @see RISC-V Privileged 20240411, 10.3.2, 12 (Svnapot), 13 (Svpbmt)
 */
import type { AccessKind } from "@isovm/isa-spec";

/** A system as the manual describes it. */
export interface ModelSystem {
  readonly levels: number;
  readonly pteSize: 4 | 8;
  /** Widths of VPN[0] and up are all this. */
  readonly vpnBits: number;
  /** Bits of a virtual address. */
  readonly vaBits: number;
}

export const modelSystems: Readonly<Record<string, ModelSystem>> = {
  sv32: { levels: 2, pteSize: 4, vpnBits: 10, vaBits: 32 },
  sv39: { levels: 3, pteSize: 8, vpnBits: 9, vaBits: 39 },
  sv48: { levels: 4, pteSize: 8, vpnBits: 9, vaBits: 48 },
  sv57: { levels: 5, pteSize: 8, vpnBits: 9, vaBits: 57 },
};

/** What the process depends on. */
export interface ModelOptions {
  readonly system: ModelSystem;
  /** satp.PPN. */
  readonly ppn: bigint;
  readonly user: boolean;
  readonly sum: boolean;
  readonly mxr: boolean;
  readonly adue: boolean;
  readonly pbmte: boolean;
}

/** Memory by physical address: entries of `pteSize` bytes; undefined where nothing is. */
export interface ModelMemory {
  load(address: bigint, size: number): bigint | undefined;
  store(address: bigint, size: number, value: bigint): void;
}

export type ModelResult = bigint | "page fault" | "access fault";

const bit = (value: bigint, index: number): boolean => ((value >> BigInt(index)) & 1n) === 1n;
const slice = (value: bigint, high: number, low: number): bigint =>
  (value >> BigInt(low)) & ((1n << BigInt(high - low + 1)) - 1n);

/** Translates `va`. */
export function modelWalk(
  va: bigint,
  access: AccessKind,
  memory: ModelMemory,
  options: ModelOptions,
): ModelResult {
  const { system, user, sum, mxr, adue, pbmte } = options;
  const { levels, pteSize, vpnBits, vaBits } = system;
  if (vaBits !== 32 && BigInt.asUintN(64, BigInt.asIntN(vaBits, va)) !== va) return "page fault";
  const vpn = (level: number): bigint =>
    slice(va, 12 + vpnBits * (level + 1) - 1, 12 + vpnBits * level);
  // Step 1.
  let a = options.ppn * 4096n;
  let i = levels - 1;
  for (;;) {
    // Step 2.
    const place = a + vpn(i) * BigInt(pteSize);
    const pte = memory.load(place, pteSize);
    if (pte === undefined) return "access fault";
    const [v, r, w, x, u] = [0, 1, 2, 3, 4].map((index) => bit(pte, index));
    // Step 3.
    if (!v || (!r && w)) return "page fault";
    const isLeaf = r || x;
    const pbmt = pteSize === 8 ? slice(pte, 62, 61) : 0n;
    const n = pteSize === 8 && bit(pte, 63);
    if (pteSize === 8 && slice(pte, 60, 54) !== 0n) return "page fault";
    if (!isLeaf && (pbmt !== 0n || n || bit(pte, 6) || bit(pte, 7) || u)) return "page fault";
    if (pbmt === 3n || (pbmt !== 0n && !pbmte)) return "page fault";
    if (n && (i > 0 || slice(pte, 13, 10) !== 0b1000n)) return "page fault";
    const ppn = pteSize === 8 ? slice(pte, 53, 10) : slice(pte, 31, 10);
    // Step 4.
    if (!isLeaf) {
      i -= 1;
      if (i < 0) return "page fault";
      a = ppn * 4096n;
      continue;
    }
    // Steps 5 to 7.
    if (u && !user && (!sum || access === "fetch")) return "page fault";
    if (!u && user) return "page fault";
    const permitted = access === "fetch" ? x : access === "write" ? w : r || (mxr && x);
    if (!permitted) return "page fault";
    const low = BigInt(vpnBits * i);
    if (i > 0 && slice(ppn, vpnBits * i - 1, 0) !== 0n) return "page fault";
    // Step 9.
    if (!bit(pte, 6) || (access === "write" && !bit(pte, 7))) {
      if (!adue) return "page fault";
      memory.store(place, pteSize, pte | 0x40n | (access === "write" ? 0x80n : 0n));
    }
    // Step 10.
    const vpnWhole = va >> 12n;
    const offset = va & 0xfffn;
    if (n) return (((ppn & ~0xfn) | (vpnWhole & 0xfn)) << 12n) | offset;
    const within = vpnWhole & ((1n << low) - 1n);
    return ((((ppn >> low) << low) | within) << 12n) | offset;
  }
}
