/** Constants of the flattened device tree (Devicetree Specification v0.4, 5.2 and 5.4). */

export const magic = 0xd00dfeed;
export const version = 17;
/** The oldest version whose readers understand this one. */
export const lastCompatibleVersion = 16;
export const headerBytes = 40;
export const reservationBytes = 16;

/** Tokens of the structure block. */
export const token = { beginNode: 1, endNode: 2, property: 3, nop: 4, end: 9 } as const;
