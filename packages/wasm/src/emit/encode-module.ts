/**
 * Serialises a module.
 *
 * @see WebAssembly Core Specification 2.0, 5.5 (modules) and 7.4 (name section)
 * @module
 */
import { ByteWriter } from "./byte-writer.ts";
import type { ByteRange, FunctionContents, GlobalContents, ModuleContents } from "./contents.ts";
import { EmitError } from "./errors.ts";
import type { MemoryLimits, SegmentOffset, TableLimits, ValueType } from "./types.ts";
import { valueTypeCode } from "./types.ts";

/** What the custom name section contains; `"all"` adds parameters and locals. */
export type NameDetail = "none" | "functions" | "all";

const externalKinds = { function: 0, table: 1, memory: 2, global: 3 } as const;
const funcref = 0x70;

/** The module in the binary format. */
export function encodeModule(module: ModuleContents, names: NameDetail): Uint8Array<ArrayBuffer> {
  const bodies = module.functions.filter((entry) => entry.imported === undefined).map(bodyOf);
  const out = new ByteWriter(module.code.length + 8 * bodies.length + 1024);
  out.bytes(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));

  vectorSection(out, 1, module.types, (section, type) => {
    section.byte(0x60);
    valueTypes(section, type.params);
    valueTypes(section, type.results);
  });
  importSection(out, module);
  vectorSection(out, 3, defined(module.functions), (section, entry) => section.u32(entry.type));
  vectorSection(out, 4, defined(module.tables), (section, table) => {
    section.byte(funcref);
    limits(section, table.limits);
  });
  vectorSection(out, 5, defined(module.memories), (section, memory) =>
    limits(section, memory.limits),
  );
  vectorSection(out, 6, defined(module.globals), (section, global) => {
    globalType(section, global);
    constant(section, global.type, global.initial);
  });
  vectorSection(out, 7, module.exports, (section, entry) => {
    section.name(entry.name);
    section.byte(externalKinds[entry.kind]);
    section.u32(entry.index);
  });
  const { start } = module;
  if (start !== undefined) withSize(out, 8, (section) => section.u32(start));
  vectorSection(out, 9, module.elements, (section, { table, offset, functions }) => {
    // Flag 2 names the table, which only the first one can do without.
    section.u32(table === 0 ? 0 : 2);
    if (table !== 0) section.u32(table);
    segmentOffset(section, offset);
    if (table !== 0) section.byte(externalKinds.function);
    section.u32(functions.length);
    for (const index of functions) section.u32(index);
  });
  codeSection(out, module.code, bodies);
  vectorSection(out, 11, module.data, (section, { offset, bytes }) => {
    section.u32(0);
    segmentOffset(section, offset);
    section.sized(bytes);
  });
  if (names !== "none") withSize(out, 0, (section) => nameSection(section, module, names));
  return out.toBytes();
}

function defined<Entry extends { readonly imported: object | undefined }>(
  entries: readonly Entry[],
): Entry[] {
  return entries.filter((entry) => entry.imported === undefined);
}

function bodyOf({ name, body }: FunctionContents): ByteRange {
  if (body === undefined) throw new EmitError(`function "${name}" is declared, but not defined`);
  return body;
}

function withSize(out: ByteWriter, id: number, write: (section: ByteWriter) => void): void {
  const section = new ByteWriter(256);
  write(section);
  out.byte(id);
  out.sized(section.view());
}

function vectorSection<Entry>(
  out: ByteWriter,
  id: number,
  entries: readonly Entry[],
  write: (section: ByteWriter, entry: Entry) => void,
): void {
  if (entries.length === 0) return;
  withSize(out, id, (section) => {
    section.u32(entries.length);
    for (const entry of entries) write(section, entry);
  });
}

/** Sizes are summed first, so that code, the bulk of a module, is copied once. */
function codeSection(out: ByteWriter, code: ByteWriter, bodies: readonly ByteRange[]): void {
  if (bodies.length === 0) return;
  let size = u32Size(bodies.length);
  for (const { start, end } of bodies) size += u32Size(end - start) + end - start;
  out.byte(10);
  out.u32(size);
  out.u32(bodies.length);
  for (const { start, end } of bodies) out.sized(code.view(start, end));
}

function u32Size(value: number): number {
  return Math.max(1, Math.ceil((32 - Math.clz32(value)) / 7));
}

function importSection(out: ByteWriter, module: ModuleContents): void {
  const writes: (() => void)[] = [];
  const section = new ByteWriter(256);
  const add = (
    entries: readonly { readonly imported: { module: string; name: string } | undefined }[],
    kind: keyof typeof externalKinds,
    describe: (index: number) => void,
  ): void => {
    entries.forEach(({ imported }, index) => {
      if (imported === undefined) return;
      writes.push(() => {
        section.name(imported.module);
        section.name(imported.name);
        section.byte(externalKinds[kind]);
        describe(index);
      });
    });
  };
  add(module.functions, "function", (index) => section.u32(module.functions[index]?.type ?? 0));
  add(module.tables, "table", (index) => {
    section.byte(funcref);
    limits(section, module.tables[index]?.limits ?? { initial: 0 });
  });
  add(module.memories, "memory", (index) =>
    limits(section, module.memories[index]?.limits ?? { initial: 0 }),
  );
  add(module.globals, "global", (index) => {
    const global = module.globals[index];
    if (global !== undefined) globalType(section, global);
  });
  if (writes.length === 0) return;
  section.u32(writes.length);
  for (const write of writes) write();
  out.byte(2);
  out.sized(section.view());
}

function valueTypes(out: ByteWriter, types: readonly ValueType[]): void {
  out.u32(types.length);
  for (const type of types) out.byte(valueTypeCode[type]);
}

function globalType(out: ByteWriter, global: GlobalContents): void {
  out.byte(valueTypeCode[global.type]);
  out.byte(global.mutable ? 1 : 0);
}

function limits(out: ByteWriter, size: MemoryLimits | TableLimits): void {
  const shared = "shared" in size && size.shared === true;
  out.byte((size.maximum === undefined ? 0 : 1) | (shared ? 2 : 0));
  out.u32(size.initial);
  if (size.maximum !== undefined) out.u32(size.maximum);
}

function constant(out: ByteWriter, type: ValueType, value: number | bigint): void {
  if (type === "i64") {
    out.byte(0x42);
    out.s64(value);
  } else if (type === "i32") {
    out.byte(0x41);
    out.s32(Number(value));
  } else if (type === "f32") {
    out.byte(0x43);
    out.f32(Number(value));
  } else {
    out.byte(0x44);
    out.f64(Number(value));
  }
  out.byte(0x0b);
}

function segmentOffset(out: ByteWriter, offset: SegmentOffset): void {
  if (typeof offset === "number") {
    constant(out, "i32", offset);
  } else {
    out.byte(0x23);
    out.u32(offset.global);
    out.byte(0x0b);
  }
}

function nameSection(out: ByteWriter, module: ModuleContents, names: NameDetail): void {
  out.name("name");
  const { name, functions } = module;
  if (name !== undefined) withSize(out, 0, (section) => section.name(name));
  vectorSection(out, 1, [...functions.entries()], (section, [index, entry]) => {
    section.u32(index);
    section.name(entry.name);
  });
  if (names !== "all") return;
  vectorSection(out, 2, [...functions.entries()], (section, [index, entry]) => {
    const named = [...entry.localNames.entries()].filter(([, local]) => local !== undefined);
    section.u32(index);
    section.u32(named.length);
    for (const [local, text = ""] of named) {
      section.u32(local);
      section.name(text);
    }
  });
}
