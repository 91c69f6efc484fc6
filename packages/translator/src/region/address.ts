/**
 * Guest addresses as numbers, which are several times as fast as bigints: the signed value of 64
 * bits, exact for addresses within 2^53 of zero on either side.
 */

/** The number for an address. */
export function toNumber(address: bigint): number {
  return Number(BigInt.asIntN(64, address));
}

/** The address that a number stands for, with as many bits as the ISA's addresses have. */
export function toAddress(number: number, addressWidth: number): bigint {
  return BigInt.asUintN(addressWidth, BigInt(number));
}

/** An address within the ISA's address width. */
export function wrapNumber(number: number, addressWidth: number): number {
  return addressWidth === 32 ? number >>> 0 : number;
}
