/**
 * The file format of kept modules: a translation image. Little-endian; `list` and `block` are a
 * 32-bit count of items or bytes, followed by them, `text` is UTF-8 behind a 16-bit count of bytes.
 *
 * | bytes | field |
 * |---|---|
 * | 8 | magic |
 * | 4 | format version |
 * | 32 | identity of the program, ISA and translator |
 * | 4 | sequence: images with larger numbers were written later |
 * | list | hosts of the modules: `text` |
 * | list | modules: u32 number of the host, `block` Wasm, `list` of regions: u64 entry, u16 its number, u32 instructions, `text` export, `list` of code: u64 address, `block` bytes |
 * | list | instructions that are alone: u64 address |
 * | list | indirect jumps: u64 address, `list` of u64 targets |
 * | 32 | SHA-256 of all bytes before |
 *
 * The hash finds accidents. It is no signature: who may write to a store decides what its users'
 * guests do, within what a WebAssembly module can reach through its imports.
 */
import { FieldReader, FieldWriter, isSameBytes } from "./bytes.ts";
import { hashBytes, sha256 } from "./hash.ts";
import { coversEntry, type KeptModule } from "./kept-module.ts";
import { type KeptProfile, readProfile, writeProfile } from "./kept-profile.ts";
import type { RejectionReason } from "./translations.ts";

const magic = new TextEncoder().encode("\x7fISOVMTI");
const formatVersion = 3;

/** What an image holds. */
export interface ImageContents {
  readonly sequence: number;
  readonly modules: readonly KeptModule[];
  readonly profile?: KeptProfile | undefined;
}

/** An image that was read, or why it can't be used. */
export type ImageReading =
  | ({ readonly kind: "intact" } & ImageContents)
  | { readonly kind: "rejected"; readonly reason: RejectionReason };

/** The image of modules; the same contents make the same image. */
export async function encodeImage(
  identity: Uint8Array,
  { sequence, modules, profile }: ImageContents,
): Promise<Uint8Array> {
  const writer = new FieldWriter().bytes(magic).u32(formatVersion).bytes(identity);
  writer.u32(sequence);
  const hosts = [...new Set(modules.map(({ host }) => host))];
  writer.u32(hosts.length);
  for (const host of hosts) writer.text(host);
  const numbers = new Map(hosts.map((host, index) => [host, index]));
  writer.u32(modules.length);
  for (const { host, wasm, regions } of modules) {
    writer
      .u32(numbers.get(host) ?? 0)
      .block(wasm)
      .u32(regions.length);
    for (const { pc, entryNumber, instructionCount, exportName, code } of regions) {
      writer.u64(pc).u16(entryNumber).u32(instructionCount).text(exportName).u32(code.length);
      for (const { address, bytes } of code) writer.u64(address).block(bytes);
    }
  }
  writeProfile(writer, profile);
  const image = writer.finish(hashBytes);
  const end = image.length - hashBytes;
  image.set(await sha256(image.subarray(0, end)), end);
  return image;
}

/**
 * Reads an image, whatever the bytes are. Modules are views of the bytes.
 *
 * It rejects (as a promise) only if the host can't hash.
 */
export async function decodeImage(bytes: Uint8Array, identity: Uint8Array): Promise<ImageReading> {
  const end = bytes.length - hashBytes;
  const reader = new FieldReader(bytes.subarray(0, Math.max(end, 0)));
  if (!isSameBytes(reader.bytes(magic.length), magic) || reader.u32() !== formatVersion) {
    return rejected("format");
  }
  const isOwn = isSameBytes(reader.bytes(identity.length), identity);
  const hash = await sha256(bytes.subarray(0, end));
  if (!isSameBytes(hash, bytes.subarray(end))) return rejected("corrupt");
  if (!isOwn) return rejected("foreign");
  const sequence = reader.u32();
  const hosts = reader.list(() => reader.text());
  const modules = reader.list(() => readModule(reader, hosts));
  const profile = readProfile(reader);
  // A hash that is right says who wrote it, not that it was written well.
  const isWellFormed =
    reader.isComplete && modules.every(({ regions }) => regions.every(coversEntry));
  if (!isWellFormed) return rejected("format");
  return { kind: "intact", sequence, modules, ...(profile && { profile }) };
}

function readModule(reader: FieldReader, hosts: readonly string[]): KeptModule {
  const host = hosts[reader.u32()] ?? reader.fail("");
  const wasm = reader.block();
  const regions = reader.list(() => ({
    pc: reader.u64(),
    entryNumber: reader.u16(),
    instructionCount: reader.u32(),
    exportName: reader.text(),
    code: reader.list(() => ({ address: reader.u64(), bytes: reader.block() })),
  }));
  return { host, wasm, regions };
}

function rejected(reason: RejectionReason): ImageReading {
  return { kind: "rejected", reason };
}
