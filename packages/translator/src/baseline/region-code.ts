/**
 * The code of a baseline region, copied from templates: its blocks in the order of their addresses.
 * Control goes on to later blocks directly, and to earlier ones through a table at the begin of a loop
 * around all of them, where the region is entered, too. With registers in memory nothing has to be
 * moved where control meets, so that costs little. Where control comes from the table, the budget has
 * to suffice for all instructions of the region.
 */
import type { Isa, RecordSlot, RegionPlaces } from "@isovm/isa-spec";
import {
  type FragmentLocals,
  type FunctionBuilder,
  type FunctionIndex,
  fragmentLocals,
} from "@isovm/wasm";
import { wrapNumber } from "../region/address.ts";
import { type GroupedAccess, groupAccesses } from "./access-groups.ts";
import { type CodeRegion, isCallIn, parcelFlag, type RegionPage } from "./code-region.ts";
import { CodeWriter, op, slack } from "./code-writer.ts";
import { type Recorder, regionLocals } from "./recorder.ts";
import type { RowCode } from "./row-code.ts";
import type { AccessMode, FloatCall, RegisterPlace, TemplateHole } from "./template.ts";

/** What the code of a region refers to. */
export interface RegionCodeServices {
  readonly isa: Isa;
  readonly places: RegionPlaces;
  readonly recorder: Recorder;
  readonly pieceBytes: number;
  /** Whether the access of the instruction at an address is looked up on its own. */
  readonly isAlone: (pc: number) => boolean;
  /** The function of a floating-point operation. */
  readonly floatFunction: (call: FloatCall) => FunctionIndex;
}

const pageBytes = 4096;
/** The entries of a region: their addresses, and the numbers that its function is given. */
export type RegionEntries = readonly (readonly [address: number, entryNumber: number])[];

/** Emits the function of a region, which has the parameters budget and entry. */
export function emitRegionCode(
  code: FunctionBuilder,
  region: CodeRegion,
  memory: ArrayBuffer,
  services: RegionCodeServices,
): RegionEntries {
  const emitter = new RegionEmitter(region, new DataView(memory), services);
  const entries = emitter.emit();
  // In the order of `regionLocals`.
  code.local("i64", "next");
  code.local("i32", "back");
  code.local("i64", "return");
  code.local("i32", "returnEntry");
  for (const type of fragmentLocals([emitter.locals])) code.local(type);
  code.encoded(emitter.code());
  return entries;
}

class RegionEmitter extends CodeWriter {
  locals: FragmentLocals = { pairs: 0, floats: 0 };
  readonly #region: CodeRegion;
  readonly #view: DataView;
  readonly #services: RegionCodeServices;
  readonly #pieceBytes: number;
  readonly #parcelBytes: number;
  readonly #addressWidth: number;
  #blocks = 0;
  /** The block that is being written, and its page. */
  #block = -1;
  #page: RegionPage;
  /** Whether calls may return into the region. */
  #returns = false;

  constructor(region: CodeRegion, view: DataView, services: RegionCodeServices) {
    super();
    const [first] = region.pages;
    if (!first) throw new RangeError("a region without code");
    this.#region = region;
    this.#page = first;
    this.#view = view;
    this.#services = services;
    this.#pieceBytes = services.pieceBytes;
    this.#parcelBytes = region.parcelBytes;
    this.#addressWidth = services.isa.addressWidth;
  }

  emit(): RegionEntries {
    const entries: [address: number, entryNumber: number][] = [];
    const table = this.#number(entries);
    this.room(2 * slack + 2 * this.#blocks + 3 * table.length);
    if (this.#returns) {
      // No instruction is at this address.
      this.i64(-1);
      this.indexed(op.localSet, regionLocals.return);
    }
    this.open(op.block);
    this.open(op.block);
    this.open(op.loop);
    for (let block = 0; block < this.#blocks; block += 1) this.open(op.block);
    this.indexed(op.localGet, regionLocals.entry);
    this.indexed(op.brTable, table.length);
    for (const block of table) this.u32(block);
    this.u32(table[0] ?? 0);
    for (const page of this.#region.pages) this.#emitPage(page);
    this.room(slack);
    this.byte(op.unreachable);
    this.byte(op.end);
    this.byte(op.unreachable);
    this.byte(op.end);
    this.#storePc();
    this.indexed(op.localGet, regionLocals.budget);
    this.byte(op.return);
    this.byte(op.end);
    this.#storePc();
    this.indexed(op.localGet, regionLocals.budget);
    this.indexed(op.localGet, regionLocals.back);
    this.byte(op.i32Add);
    this.i32(-1);
    this.byte(op.i32Xor);
    return entries;
  }

  /** Numbers blocks and entries; gives the blocks where control comes from the table. */
  #number(entries: [address: number, entryNumber: number][]): readonly number[] {
    const table: number[] = [];
    for (const page of this.#region.pages) {
      this.#page = page;
      const { first, last, rows, flags } = page;
      for (let parcel = first; parcel <= last; parcel += 1) {
        const flag = flags[parcel] ?? 0;
        if ((flag & parcelFlag.leader) === 0 || !rows[parcel]) continue;
        const block = this.#blocks++;
        page.blocks[parcel] = block + 1;
        if ((flag & (parcelFlag.entry | parcelFlag.loop)) === 0) continue;
        if ((flag & parcelFlag.entry) !== 0) entries.push([this.#addressOf(parcel), table.length]);
        page.table[parcel] = table.push(block);
      }
    }
    this.#returns = entries.length > 1;
    return table;
  }

  #emitPage(page: RegionPage): void {
    const { first, last, rows, blocks } = page;
    this.#page = page;
    let start = first;
    while (start <= last) {
      if (!rows[start]) {
        start += 1;
        continue;
      }
      // Instructions of a block follow each other.
      const parcels: number[] = [];
      let parcel = start;
      for (let row = rows[parcel]; row; row = rows[parcel]) {
        if (parcel !== start && (blocks[parcel] ?? 0) > 0) break;
        parcels.push(parcel);
        parcel += row.parcels;
      }
      this.#block += 1;
      this.#emitBlock(parcels, parcel);
      // Instructions overlap where code is jumped into: the next block may begin within this one.
      start += 1;
      while (start <= last && (blocks[start] ?? 0) === 0) start += 1;
    }
  }

  #emitBlock(parcels: readonly number[], behind: number): void {
    const { rows, table, blocks } = this.#page;
    const leader = parcels[0] ?? 0;
    this.room(slack);
    this.byte(op.end);
    if ((table[leader] ?? 0) > 0) this.#checkBudget(leader);
    this.indexed(op.localGet, regionLocals.budget);
    this.i32(parcels.length);
    this.byte(op.i32Sub);
    this.indexed(op.localSet, regionLocals.budget);
    const groups = this.#groups(parcels);
    parcels.forEach((parcel, index) => {
      const row = rows[parcel];
      if (row)
        this.#emitInstruction(row, parcel, parcels.length - index, groups?.get(index), index);
    });
    const last = rows[parcels[parcels.length - 1] ?? 0];
    this.room(slack);
    if (!last?.flow.fallsThrough) this.byte(op.unreachable);
    else if ((blocks[behind] ?? 0) !== this.#block + 2) this.#goTo(this.#addressOf(behind), 0);
  }

  #groups(parcels: readonly number[]): ReadonlyMap<number, GroupedAccess> | undefined {
    if (!this.#services.places.coloured || parcels.length < 2) return undefined;
    const { rows, records } = this.#page;
    return groupAccesses(parcels.length, this.#view, {
      rowAt: (index) => rows[parcels[index] ?? 0],
      recordAt: (index) => records + (parcels[index] ?? 0) * this.#pieceBytes,
      isAlone: (index) => this.#services.isAlone(this.#addressOf(parcels[index] ?? 0)),
    });
  }

  #emitInstruction(
    row: RowCode,
    parcel: number,
    back: number,
    group: GroupedAccess | undefined,
    index: number,
  ): void {
    const { recorder, isAlone } = this.#services;
    const pc = this.#addressOf(parcel);
    let mode: AccessMode = "checked";
    if (group) mode = "grouped";
    else if (row.access && isAlone(pc)) mode = "lookedUp";
    const template = row.template(mode, recorder);
    if (!template) throw new RangeError(`no template for the instruction at ${pc}`);
    if (group?.first === index) this.#checkGroup(group, pc, back);
    const { parts, sizeBytes, holes, depths, locals } = template;
    this.room(sizeBytes + slack * (holes.length + 1));
    if (locals.pairs > this.locals.pairs || locals.floats > this.locals.floats) {
      this.locals = {
        pairs: Math.max(locals.pairs, this.locals.pairs),
        floats: Math.max(locals.floats, this.locals.floats),
      };
    }
    const record = this.#page.records + parcel * this.#pieceBytes;
    for (let hole = 0; hole < holes.length; hole += 1) {
      this.copy(parts[hole]);
      const filling = holes[hole];
      if (filling) this.#fill(filling, depths[hole] ?? 0, record, parcel, row, pc, back);
    }
    this.copy(parts[holes.length]);
  }

  #fill(
    hole: TemplateHole,
    depth: number,
    record: number,
    parcel: number,
    row: RowCode,
    pc: number,
    back: number,
  ): void {
    switch (hole.kind) {
      case "register":
        this.u32(this.#stateOffset(hole.place, record));
        return;
      case "value":
        return this.#value(hole.slot, hole.width, record);
      case "pc":
        return this.#address(pc);
      case "nextPc":
        return this.#address(this.#addressOf(parcel + row.parcels));
      case "float":
        return this.indexed(op.call, this.#services.floatFunction(hole.call));
      case "interpret":
        return this.#interpret(pc, back, depth);
      case "goto": {
        if (isCallIn(row, record, this.#view)) this.#noteReturn(parcel + row.parcels);
        const distance = this.#view.getInt32(record + hole.slot.offset, true);
        return this.#goTo(this.#addressOf(parcel + distance / this.#pieceBytes), depth);
      }
      case "jump":
        if (isCallIn(row, record, this.#view)) this.#noteReturn(parcel + row.parcels);
        else if (this.#returns) this.#return(depth);
        return this.#branch(this.#leaveDepth + depth);
    }
  }

  /** A call that comes back to a parcel may do so in the region. */
  #noteReturn(parcel: number): void {
    const place = (this.#page.table[parcel] ?? 0) - 1;
    if (!this.#returns || place < 0) return;
    this.i64(this.#addressOf(parcel));
    this.indexed(op.localSet, regionLocals.return);
    this.i32(place);
    this.indexed(op.localSet, regionLocals.returnEntry);
  }

  /** Goes on behind the last call if that is where `next` is. */
  #return(depth: number): void {
    this.indexed(op.localGet, regionLocals.next);
    this.indexed(op.localGet, regionLocals.return);
    this.byte(op.i64Eq);
    this.open(op.if);
    this.indexed(op.localGet, regionLocals.returnEntry);
    this.indexed(op.localSet, regionLocals.entry);
    this.#branch(this.#loopDepth + depth + 1);
    this.byte(op.end);
  }

  #value({ offset, sizeBytes, extension }: RecordSlot, width: number, record: number): void {
    const view = this.#view;
    const at = record + offset;
    const isSigned = extension === "sign";
    let value: number | bigint;
    if (sizeBytes === 1) value = isSigned ? view.getInt8(at) : view.getUint8(at);
    else if (sizeBytes === 2) value = isSigned ? view.getInt16(at, true) : view.getUint16(at, true);
    else if (sizeBytes === 4) value = isSigned ? view.getInt32(at, true) : view.getUint32(at, true);
    else value = view.getBigInt64(at, true);
    if (width > 32) {
      // Extended to the width of the value, zeros above that.
      if (isSigned && width < 64) value = BigInt.asUintN(width, BigInt(value));
      this.i64(value);
      return;
    }
    const number = Number(value) | 0;
    this.i32(isSigned && width < 32 ? number & (2 ** width - 1) : number);
  }

  #stateOffset(place: RegisterPlace, record: number): number {
    const offset =
      place.kind === "known"
        ? place.offset
        : this.#view.getUint16(record + place.slot.offset, true);
    return this.#services.places.state + offset;
  }

  /** Pushes an address with the ISA's width. */
  #address(address: number): void {
    if (this.#addressWidth === 32) return this.i32(address | 0);
    this.i64(address);
  }

  #addressOf(parcel: number): number {
    return wrapNumber(this.#page.address + parcel * this.#parcelBytes, this.#addressWidth);
  }

  /** Goes to an address, in the region or out of it, from inside of `depth` constructs. */
  #goTo(address: number, depth: number): void {
    const base = Math.floor(address / pageBytes) * pageBytes;
    const page = this.#region.pageAt.get(base);
    const parcel = (address - base) / this.#parcelBytes;
    const block = (page?.blocks[parcel] ?? 0) - 1;
    if (block > this.#block) return this.#branch(block - this.#block - 1 + depth);
    const place = (page?.table[parcel] ?? 0) - 1;
    if (block >= 0 && place >= 0) {
      this.i32(place);
      this.indexed(op.localSet, regionLocals.entry);
      return this.#branch(this.#loopDepth + depth);
    }
    this.#setNext(address);
    this.#branch(this.#leaveDepth + depth);
  }

  #interpret(pc: number, back: number, depth: number): void {
    this.#setNext(pc);
    this.i32(back);
    this.indexed(op.localSet, regionLocals.back);
    this.#branch(this.#leaveDepth + 1 + depth);
  }

  #checkBudget(parcel: number): void {
    this.indexed(op.localGet, regionLocals.budget);
    this.i32(this.#region.instructionCount);
    this.byte(op.i32LtS);
    this.open(op.if);
    this.#interpret(this.#addressOf(parcel), 0, 1);
    this.byte(op.end);
  }

  #checkGroup(group: GroupedAccess, pc: number, back: number): void {
    const check = this.#services.recorder.groupCheck(group);
    this.room(check.length + slack);
    this.copy(check);
    this.open(op.if);
    this.#interpret(pc, back, 1);
    this.byte(op.end);
    if (this.locals.pairs < 1) this.locals = { ...this.locals, pairs: 1 };
  }

  get #loopDepth(): number {
    return this.#blocks - 1 - this.#block;
  }

  get #leaveDepth(): number {
    return this.#blocks - this.#block;
  }

  #setNext(address: number): void {
    this.i64(address);
    this.indexed(op.localSet, regionLocals.next);
  }

  #storePc(): void {
    const { places, isa } = this.#services;
    this.i32(0);
    this.indexed(op.localGet, regionLocals.next);
    this.byte(op.i64Store);
    this.byte(3);
    this.u32(places.state + isa.layout.pcOffset);
  }

  #branch(depth: number): void {
    this.indexed(op.br, depth);
  }
}
