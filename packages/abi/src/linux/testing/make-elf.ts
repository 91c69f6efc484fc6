/** Makes small ELF executables for tests. */

/** A PT_LOAD segment, or one of another type. */
export interface SegmentInit {
  readonly type?: number;
  readonly address: number;
  readonly flags: number;
  readonly bytes: Uint8Array;
  readonly memoryBytes?: number;
}

/** What an executable is made of. */
export interface ElfInit {
  readonly wordBits: 32 | 64;
  readonly littleEndian?: boolean;
  readonly machine: number;
  readonly type?: number;
  readonly flags?: number;
  readonly entry: number;
  readonly segments: readonly SegmentInit[];
}

/** The bytes of an executable. Each segment starts at a page of the file with its address's offset. */
export function makeElf(init: ElfInit): Uint8Array {
  const is64 = init.wordBits === 64;
  const le = init.littleEndian ?? true;
  const headerBytes = is64 ? 64 : 52;
  const entryBytes = is64 ? 56 : 32;
  let end = headerBytes + entryBytes * init.segments.length;
  const offsets = init.segments.map(({ address, bytes, type = 1 }) => {
    if (type !== 1) {
      const at = end;
      end += bytes.length;
      return at;
    }
    const at = Math.ceil(end / 4096) * 4096 + (address % 4096);
    if (bytes.length > 0) end = at + bytes.length;
    return bytes.length > 0 ? at : address % 4096;
  });
  const file = new Uint8Array(end);
  const view = new DataView(file.buffer);
  let at = 0;
  const u16 = (value: number): void => {
    view.setUint16(at, value, le);
    at += 2;
  };
  const u32 = (value: number): void => {
    view.setUint32(at, value, le);
    at += 4;
  };
  const word = (value: number): void => {
    if (!is64) {
      u32(value);
      return;
    }
    view.setBigUint64(at, BigInt(value), le);
    at += 8;
  };
  file.set([0x7f, 0x45, 0x4c, 0x46, is64 ? 2 : 1, le ? 1 : 2, 1]);
  at = 16;
  u16(init.type ?? 2);
  u16(init.machine);
  u32(1);
  word(init.entry);
  word(headerBytes);
  word(0);
  u32(init.flags ?? 0);
  u16(headerBytes);
  u16(entryBytes);
  u16(init.segments.length);
  u16(0);
  u16(0);
  u16(0);
  for (const [index, segment] of init.segments.entries()) {
    const { type = 1, address, flags, bytes, memoryBytes = bytes.length } = segment;
    const offset = offsets[index] ?? 0;
    u32(type);
    if (is64) u32(flags);
    word(offset);
    word(address);
    word(address);
    word(bytes.length);
    word(memoryBytes);
    if (!is64) u32(flags);
    word(type === 1 ? 4096 : 1);
    file.set(bytes, offset);
  }
  return file;
}
