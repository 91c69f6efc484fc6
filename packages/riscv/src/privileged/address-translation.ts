/**
 * Address translation and protection as `satp`, `mstatus` and `menvcfg` select them.
 *
 * @see RISC-V Privileged 20240411, 3.1.6.3, 10.1.11 and 10.3
 */
import type { AccessKind, HartHost } from "@isovm/isa-spec";
import type { Xlen } from "../hart.ts";
import type { LargePages } from "./large-pages.ts";
import type { MemoryProtection } from "./memory-protection.ts";
import { Mode } from "./modes.ts";
import {
  accessFault,
  type PageTableFormat,
  PageWalker,
  pageTables32,
  pageTables64,
  type WalkParameters,
} from "./page-tables.ts";
import { previousMachineMode, Status } from "./status.ts";

/** Where the fields of `satp` lie. */
const layouts = {
  32: { mode: 31n, asid: 22n, asidMask: 0x1ffn, frameMask: 0x3f_ffffn, formats: pageTables32 },
  64: {
    mode: 60n,
    asid: 44n,
    asidMask: 0xffffn,
    frameMask: 0xfff_ffff_ffffn,
    formats: pageTables64,
  },
} as const;

/** What harts have in common because they may share translations. */
export interface SharedTranslation {
  readonly largePages: LargePages;
  readonly settings: Settings;
  /** Where an instruction was read last: fences of any hart drop translations of all. */
  fetched?: FetchedPage | undefined;
}

/** A page that instructions were fetched from. */
interface FetchedPage {
  /** Number of the virtual page, and the physical address of its first byte. */
  readonly page: bigint;
  readonly frame: number;
  /** Of which hart, in which mode. */
  readonly view: View;
}

/** Numbers for what translations depend on beside `satp` and the modes: equal settings, equal number. */
export type Settings = Map<string, number>;

/** How accesses of one kind are translated. */
interface AccessView {
  readonly isMachine: boolean;
  /** Undefined where addresses are physical. */
  readonly parameters: WalkParameters | undefined;
}

/** How addresses are translated in a combination of modes and flags. */
interface View {
  readonly context: string;
  readonly fetch: AccessView;
  readonly data: AccessView;
}

const physicalAccess: AccessView = { isMachine: true, parameters: undefined };
const physicalView: View = { context: "", fetch: physicalAccess, data: physicalAccess };

/** The translation of one hart's addresses. */
export class AddressTranslation {
  readonly protection: MemoryProtection;
  readonly #xlen: Xlen;
  readonly #host: HartHost;
  readonly #walker: PageWalker;
  readonly #shared: SharedTranslation;
  #root = 0n;
  #format: PageTableFormat | undefined;
  #rootAddress = 0;
  #rootKey = "";
  #updates = false;
  #hasMemoryTypes = false;
  #settingsKey = 0;
  /** Views of the current `satp` and settings by modes and flags: traps change between them often. */
  readonly #views: Map<number, View> = new Map();
  #view: View = physicalView;

  constructor(xlen: Xlen, host: HartHost, protection: MemoryProtection, shared: SharedTranslation) {
    this.#shared = shared;
    shared.largePages.add(host.index);
    this.protection = protection;
    this.#xlen = xlen;
    this.#host = host;
    this.#walker = new PageWalker(host.physical, protection, (page, pages) =>
      this.#shared.largePages.note(page, pages),
    );
  }

  /** What translations depend on. */
  get context(): string {
    return this.#view.context;
  }

  /** `satp`. */
  get root(): bigint {
    return this.#root;
  }

  /** A write of `satp`, which has no effect if its mode isn't supported. */
  writeRoot(value: bigint): void {
    const { mode, asid, asidMask, frameMask, formats } = layouts[this.#xlen];
    const number = Number(value >> mode);
    const format = formats.find((candidate) => candidate.mode === number);
    if (!format && number !== 0) return;
    this.#root = value & ((BigInt(number) << mode) | (asidMask << asid) | frameMask);
    this.#format = format;
    this.#rootAddress = Number(value & frameMask) * 4096;
    // Without translation the rest of the register means nothing.
    this.#rootKey = format ? this.#root.toString(16) : "";
    this.#views.clear();
    this.#shared.fetched = undefined;
  }

  /** Follows `menvcfg` and memory protection. */
  configure(updates: boolean, hasMemoryTypes: boolean): void {
    this.#updates = updates;
    this.#hasMemoryTypes = hasMemoryTypes;
    const settings = `${updates} ${hasMemoryTypes} ${this.protection.key}`;
    let number = this.#shared.settings.get(settings);
    if (number === undefined) {
      number = this.#shared.settings.size;
      this.#shared.settings.set(settings, number);
    }
    this.#settingsKey = number;
    this.#views.clear();
    this.#shared.fetched = undefined;
  }

  /** Follows the mode and `mstatus`; to be called after a change of either, or of `satp`. */
  refresh(mode: Mode, status: number): void {
    const dataMode = (status & Status.mprv) !== 0 ? previousMachineMode(status) : mode;
    const flags = (status & (Status.sum | Status.mxr)) >>> 18;
    const key = mode | (dataMode << 2) | (flags << 4);
    let view = this.#views.get(key);
    if (!view) {
      view = this.#makeView(mode, dataMode, flags);
      this.#views.set(key, view);
    }
    this.#view = view;
  }

  /** The physical address of a virtual one, or a `translationFault`. */
  translate(address: bigint, access: AccessKind): number {
    const { isMachine, parameters } = access === "fetch" ? this.#view.fetch : this.#view.data;
    const high = Number(address >> 32n);
    const low = Number(BigInt.asUintN(32, address));
    const target = parameters
      ? this.#walker.walk(high, low, access, parameters)
      : high * 0x1_0000_0000 + low;
    if (target < 0) return target;
    if (target > Number.MAX_SAFE_INTEGER) return accessFault;
    return this.protection.allows(target, access, isMachine) ? target : accessFault;
  }

  /**
   * As `translate` of a fetch, for the address of an instruction that was fetched: kernels come with
   * one fence after the other, so its page is remembered.
   */
  fetched(address: bigint): number {
    const page = address >> 12n;
    const offset = Number(address & 0xfffn);
    const known = this.#shared.fetched;
    if (known && known.page === page && known.view === this.#view) return known.frame + offset;
    const target = this.translate(address, "fetch");
    if (target < 0) return target;
    this.#shared.fetched = { page, view: this.#view, frame: target - offset };
    return target;
  }

  /** The physical address of a virtual one for a debugger, or negative; without any effect. */
  locate(address: bigint): number {
    const { parameters } = this.#view.data;
    const high = Number(address >> 32n);
    const low = Number(BigInt.asUintN(32, address));
    if (parameters) return this.#walker.locate(high, low, parameters);
    return Math.min(high * 0x1_0000_0000 + low, Number.MAX_SAFE_INTEGER);
  }

  /** Forgets translations of all addresses or of one, in all address spaces or in one. */
  flush(address: bigint | undefined, asid: bigint | undefined): void {
    const isWhole = address === undefined || this.#shared.largePages.has(Number(address >> 12n));
    if (isWhole || this.#shared.fetched?.page === address >> 12n) this.#shared.fetched = undefined;
    const matches = asid === undefined ? undefined : this.#matcher(asid);
    if (isWhole && !matches) this.#shared.largePages.dropped(this.#host.index);
    this.#host.flush(isWhole ? undefined : address, matches);
  }

  save(): { readonly root: string } {
    return { root: this.#root.toString() };
  }

  /** Takes back `satp`; large pages are not saved, because what was translated isn't either. */
  restore(saved: ReturnType<AddressTranslation["save"]>): void {
    this.writeRoot(0n);
    this.writeRoot(BigInt(saved.root));
    this.flush(undefined, undefined);
  }

  #matcher(asid: bigint): (context: string) => boolean {
    const layout = layouts[this.#xlen];
    const wanted = asid & layout.asidMask;
    return (context) => {
      const root = context.split(":")[1];
      if (!root) return false;
      return ((BigInt(`0x${root}`) >> layout.asid) & layout.asidMask) === wanted;
    };
  }

  #makeView(mode: Mode, dataMode: Mode, flags: number): View {
    const fetch = { isMachine: mode === Mode.machine, parameters: this.#parameters(mode, flags) };
    const isMachine = dataMode === Mode.machine;
    const data = { isMachine, parameters: this.#parameters(dataMode, flags) };
    const root = data.parameters || fetch.parameters ? this.#rootKey : "";
    // SUM means nothing to accesses of user mode.
    const used = dataMode === Mode.user ? flags & 2 : flags;
    const effective = data.parameters ? used : 0;
    const context = `${mode}${dataMode}${effective}:${root}:${this.#settingsKey}`;
    return { context, fetch, data };
  }

  #parameters(mode: Mode, flags: number): WalkParameters | undefined {
    const format = this.#format;
    if (!format || mode === Mode.machine) return undefined;
    return {
      format,
      root: this.#rootAddress,
      isUser: mode === Mode.user,
      allowsUserPages: (flags & 1) !== 0,
      readsExecutable: (flags & 2) !== 0,
      updates: this.#updates,
      hasMemoryTypes: this.#hasMemoryTypes,
    };
  }
}
