/** A device tree as a literal. */

/** The phandle of another node, named by its label or its path. */
export interface PhandleReference {
  readonly phandleOf: string;
}

/**
 * The value of a property: `true` is an empty one, a string ends with a zero byte, a list of strings
 * follows one after the other, a number is a 32-bit cell, a bigint two cells, a `Uint8Array` itself.
 */
export type PropertyValue =
  | true
  | string
  | readonly string[]
  | number
  | bigint
  | PhandleReference
  | readonly (number | bigint | PhandleReference)[]
  | Uint8Array;

/** Properties by name. */
export type DeviceTreeProperties = Readonly<Record<string, PropertyValue>>;

/** A node: properties and, by name and unit address, children. */
export interface DeviceTreeNode {
  /** What references call it. */
  readonly label?: string;
  readonly properties?: DeviceTreeProperties;
  readonly children?: Readonly<Record<string, DeviceTreeNode>>;
}

/** Memory that the guest must not use though it is RAM. */
export interface MemoryReservation {
  readonly address: bigint;
  readonly sizeBytes: bigint;
}

/** The phandle of the node with that label or path, as a property's value. */
export function phandleOf(labelOrPath: string): PhandleReference {
  return { phandleOf: labelOrPath };
}
