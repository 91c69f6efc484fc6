/**
 * Descriptor chains of split virtqueues: from a head's index to the buffers that it stands for.
 *
 * Everything is read from guest memory once and checked, since the guest may be hostile. Where the
 * specification has no limit, there is one here: {@link maximumChainBytes}.
 *
 * @see Virtual I/O Device (VIRTIO) 1.3, 2.7.5 and 2.7.7
 */
import type { DmaMemory } from "../device.ts";
import { viewOf } from "./little-endian.ts";

/** The most bytes of one chain, so that no request keeps the host busy for long. */
export const maximumChainBytes: number = 2 ** 28;

/** Bytes of a descriptor. */
export const descriptorBytes = 16;

/** Flags of a descriptor. */
const hasNext = 1;
const isWritable = 2;
const hasIndirect = 4;

/** A contiguous piece of guest memory. */
export interface Segment {
  readonly address: number;
  readonly sizeBytes: number;
}

/** The buffers of a chain. */
export interface Segments {
  readonly readable: readonly Segment[];
  readonly writable: readonly Segment[];
}

/** Where chains are found, and their limits. */
export interface DescriptorTable {
  readonly memory: DmaMemory;
  readonly address: number;
  /** Descriptors of the table: a power of two. */
  readonly size: number;
  /** The most descriptors of an indirect table; 0 if the feature was not negotiated. */
  readonly maximumIndirect: number;
}

/** The buffers of the chain that starts at a descriptor, or what is wrong with it. */
export function walkChain(table: DescriptorTable, head: number): Segments | string {
  const readable: Segment[] = [];
  const writable: Segment[] = [];
  const { memory, maximumIndirect } = table;
  let { size } = table;
  let left = size;
  let index = head;
  let totalBytes = 0;
  /** The table that the chain continues in, once that is an indirect one. */
  let inner: Uint8Array | undefined;
  for (;;) {
    if (index >= size) return `descriptor ${index} of ${size}`;
    if (left-- === 0) return "a chain with a loop";
    const bytes =
      inner?.subarray(descriptorBytes * index) ??
      memory.read(table.address + descriptorBytes * index, descriptorBytes);
    if (bytes === undefined) return "a descriptor outside of RAM";
    const { address, sizeBytes, flags, next } = decode(bytes);
    if (!Number.isSafeInteger(address + sizeBytes)) return "a buffer outside of RAM";
    if (flags & hasIndirect) {
      if (inner !== undefined) return "an indirect descriptor in an indirect table";
      if (flags & hasNext) return "an indirect descriptor with a next one";
      size = sizeBytes / descriptorBytes;
      if (!Number.isInteger(size) || size === 0 || size > maximumIndirect)
        return `an indirect table of ${sizeBytes} bytes`;
      inner = memory.read(address, sizeBytes);
      if (inner === undefined) return "an indirect table outside of RAM";
      index = 0;
      left = size;
      continue;
    }
    totalBytes += sizeBytes;
    if (totalBytes > maximumChainBytes) return `a chain of ${totalBytes} bytes`;
    if (flags & isWritable) writable.push({ address, sizeBytes });
    else if (writable.length > 0) return "a readable buffer behind a writable one";
    else readable.push({ address, sizeBytes });
    if (!(flags & hasNext)) return { readable, writable };
    index = next;
  }
}

interface Descriptor extends Segment {
  readonly flags: number;
  readonly next: number;
}

function decode(bytes: Uint8Array): Descriptor {
  const view = viewOf(bytes);
  return {
    address: view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32,
    sizeBytes: view.getUint32(8, true),
    flags: view.getUint16(12, true),
    next: view.getUint16(14, true),
  };
}
