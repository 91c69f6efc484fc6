/**
 * C structures described once and laid out for any data model: offsets follow from the word size
 * and C's alignment rules, so that 32-bit and 64-bit guests share one description.
 */

/** What the layout of C types depends on. */
export interface DataModel {
  /** Size of `long` and of pointers in bytes. */
  readonly wordBytes: 4 | 8;
  readonly littleEndian: boolean;
  /** Alignment of 64-bit integers in structures: 8 everywhere but on i386. */
  readonly longLongAlignment: 4 | 8;
}

/**
 * A C scalar. `word`, `long` and `pointer` are as wide as a pointer and come as numbers (exact below
 * 2^53); `bits` is the same width as an exact bigint; `u64` and `i64` are bigints.
 */
export type Scalar =
  | "u8"
  | "i8"
  | "u16"
  | "i16"
  | "u32"
  | "i32"
  | "u64"
  | "i64"
  | "word"
  | "long"
  | "pointer"
  | "bits";

/** A fixed-size byte array inside a structure; decodes to a copy, encodes truncated or zero-padded. */
export interface ByteArray {
  readonly bytes: number;
}

/** A structure as another one's member. */
export interface NestedStruct {
  readonly members: Readonly<Record<string, FieldType>>;
  /** `sizeof`, in bytes. */
  sizeOf(model: DataModel): number;
}

/** The type of a structure's member. */
export type FieldType = Scalar | ByteArray | NestedStruct;

/** What a member of a type decodes to. */
export type FieldValue<F> = F extends "u64" | "i64" | "bits"
  ? bigint
  : F extends Scalar
    ? number
    : F extends ByteArray
      ? Uint8Array
      : F extends NestedStruct
        ? StructValue<F["members"]>
        : never;

/** A structure's value: one property per member. */
export type StructValue<M> = { -readonly [K in keyof M]: FieldValue<M[K]> };

/** What a member of a type is encoded from. */
export type FieldInit<F> = F extends Scalar
  ? number | bigint
  : F extends ByteArray
    ? Uint8Array
    : F extends NestedStruct
      ? StructInit<F["members"]>
      : never;

/** What `encode` accepts: members left out are zero. */
export type StructInit<M> = { readonly [K in keyof M]?: FieldInit<M[K]> | undefined };

interface Placed {
  readonly name: string;
  readonly type: FieldType;
  readonly offset: number;
}

interface Placement {
  readonly fields: readonly Placed[];
  readonly size: number;
  readonly alignment: number;
}

/** A C structure, independent of the data model. */
export interface Struct<M> {
  readonly members: M;
  /** `sizeof`, in bytes. */
  sizeOf(model: DataModel): number;
  /** `_Alignof`, in bytes. */
  alignOf(model: DataModel): number;
  /** `offsetof`, in bytes. */
  offsetOf(model: DataModel, member: keyof M & string): number;
  /** The structure's bytes; members that are absent are zero. */
  encode(model: DataModel, value: StructInit<M>): Uint8Array;
  /** Reads a structure from the start of `bytes`, which must hold all of it. */
  decode(model: DataModel, bytes: Uint8Array): StructValue<M>;
}

/** Describes a structure by its members in order. */
export function struct<const M extends Readonly<Record<string, FieldType>>>(members: M): Struct<M> {
  const placements = new Map<number, Placement>();
  const place = (model: DataModel): Placement => {
    const key = model.wordBytes * 16 + model.longLongAlignment;
    const known = placements.get(key);
    if (known !== undefined) return known;
    const made = placeMembers(members, model);
    placements.set(key, made);
    return made;
  };
  const self = {
    members,
    sizeOf: (model: DataModel) => place(model).size,
    alignOf: (model: DataModel) => place(model).alignment,
    offsetOf: (model: DataModel, member: keyof M & string) =>
      place(model).fields.find((field) => field.name === member)?.offset ?? 0,
    encode: (model: DataModel, value: StructInit<M>) => {
      const bytes = new Uint8Array(place(model).size);
      encodeInto(place(model), model, new DataView(bytes.buffer), 0, value as Init);
      return bytes;
    },
    decode: (model: DataModel, bytes: Uint8Array) =>
      decodeFrom(
        place(model),
        model,
        new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
        0,
      ) as StructValue<M>,
    placement: place,
  };
  return self;
}

type Init = Readonly<Record<string, unknown>>;

function isBytes(type: FieldType): type is ByteArray {
  return typeof type === "object" && "bytes" in type;
}

function placementOf(type: NestedStruct, model: DataModel): Placement {
  return (type as unknown as { placement(model: DataModel): Placement }).placement(model);
}

function scalarBytes(type: Scalar, model: DataModel): number {
  switch (type) {
    case "u8":
    case "i8":
      return 1;
    case "u16":
    case "i16":
      return 2;
    case "u32":
    case "i32":
      return 4;
    case "u64":
    case "i64":
      return 8;
    default:
      return model.wordBytes;
  }
}

function placeMembers(members: Readonly<Record<string, FieldType>>, model: DataModel): Placement {
  const fields: Placed[] = [];
  let offset = 0;
  let alignment = 1;
  for (const [name, type] of Object.entries(members)) {
    let size: number;
    let align: number;
    if (typeof type === "string") {
      size = scalarBytes(type, model);
      align = size === 8 && model.wordBytes === 4 ? model.longLongAlignment : size;
    } else if (isBytes(type)) {
      size = type.bytes;
      align = 1;
    } else {
      const inner = placementOf(type, model);
      size = inner.size;
      align = inner.alignment;
    }
    offset = Math.ceil(offset / align) * align;
    fields.push({ name, type, offset });
    offset += size;
    alignment = Math.max(alignment, align);
  }
  return { fields, size: Math.ceil(offset / alignment) * alignment, alignment };
}

function encodeInto(
  placement: Placement,
  model: DataModel,
  view: DataView,
  base: number,
  value: Init,
): void {
  for (const { name, type, offset } of placement.fields) {
    const member = value[name];
    if (member === undefined) continue;
    if (typeof type === "string") {
      storeScalar(view, base + offset, type, model, member as number | bigint);
    } else if (isBytes(type)) {
      const source = member as Uint8Array;
      const target = new Uint8Array(view.buffer, view.byteOffset + base + offset, type.bytes);
      target.set(source.length > type.bytes ? source.subarray(0, type.bytes) : source);
    } else {
      encodeInto(placementOf(type, model), model, view, base + offset, member as Init);
    }
  }
}

function decodeFrom(
  placement: Placement,
  model: DataModel,
  view: DataView,
  base: number,
): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  for (const { name, type, offset } of placement.fields) {
    if (typeof type === "string") {
      value[name] = loadScalar(view, base + offset, type, model);
    } else if (isBytes(type)) {
      value[name] = new Uint8Array(
        view.buffer,
        view.byteOffset + base + offset,
        type.bytes,
      ).slice();
    } else {
      value[name] = decodeFrom(placementOf(type, model), model, view, base + offset);
    }
  }
  return value;
}

function toBigInt(value: number | bigint): bigint {
  if (typeof value === "bigint") return value;
  return Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n;
}

function storeScalar(
  view: DataView,
  at: number,
  type: Scalar,
  model: DataModel,
  value: number | bigint,
): void {
  const le = model.littleEndian;
  switch (scalarBytes(type, model)) {
    case 1:
      view.setUint8(at, Number(BigInt.asUintN(8, toBigInt(value))));
      break;
    case 2:
      view.setUint16(at, Number(BigInt.asUintN(16, toBigInt(value))), le);
      break;
    case 4:
      view.setUint32(at, Number(BigInt.asUintN(32, toBigInt(value))), le);
      break;
    default:
      view.setBigUint64(at, BigInt.asUintN(64, toBigInt(value)), le);
  }
}

function loadScalar(view: DataView, at: number, type: Scalar, model: DataModel): number | bigint {
  const le = model.littleEndian;
  switch (type) {
    case "u8":
      return view.getUint8(at);
    case "i8":
      return view.getInt8(at);
    case "u16":
      return view.getUint16(at, le);
    case "i16":
      return view.getInt16(at, le);
    case "u32":
      return view.getUint32(at, le);
    case "i32":
      return view.getInt32(at, le);
    case "u64":
      return view.getBigUint64(at, le);
    case "i64":
      return view.getBigInt64(at, le);
    case "long":
      return model.wordBytes === 4 ? view.getInt32(at, le) : Number(view.getBigInt64(at, le));
    case "bits":
      return model.wordBytes === 4 ? BigInt(view.getUint32(at, le)) : view.getBigUint64(at, le);
    default:
      return model.wordBytes === 4 ? view.getUint32(at, le) : Number(view.getBigUint64(at, le));
  }
}
