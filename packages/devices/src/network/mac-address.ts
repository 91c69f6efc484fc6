/** Hardware addresses of Ethernet. */
import { MacAddressError } from "../errors.ts";

/** Bytes of an address. */
export const macBytes = 6;

/**
 * The bytes of an address like `"52:54:00:12:34:56"`, most significant first.
 *
 * @throws MacAddressError if it is none, or that of a group.
 */
export function parseMac(address: string): Uint8Array {
  const parts = address.split(":");
  const bytes = Uint8Array.from(parts, (part) => Number.parseInt(part, 16));
  const isWellFormed =
    bytes.length === macBytes && parts.every((part) => /^[0-9a-f]{2}$/i.test(part));
  if (!isWellFormed) throw new MacAddressError(`${address} is no MAC address`, { address });
  if (isGroup(bytes))
    throw new MacAddressError(`${address} is the address of a group`, { address });
  return bytes;
}

/** Whether an address, at the start of the bytes, stands for several stations. */
export function isGroup(bytes: Uint8Array): boolean {
  return ((bytes[0] ?? 0) & 1) === 1;
}
