/**
 * Packets of GDB's remote serial protocol: `$payload#checksum`, and what stands between them.
 *
 * @see Debugging with GDB, E.1 (Overview)
 */

/** What has come from a debugger. */
export type RemoteEvent =
  /** A packet with the right checksum, its escapes resolved. */
  | { readonly kind: "packet"; readonly payload: Uint8Array }
  /** A packet that is damaged, or longer than {@link mostPayloadBytes}. */
  | { readonly kind: "damaged" }
  | { readonly kind: "acknowledged" }
  /** The last packet is wanted again. */
  | { readonly kind: "again" }
  /** Ctrl-C. */
  | { readonly kind: "interrupt" };

/** Bytes that a payload has at most, before its escapes are resolved. */
export const mostPayloadBytes = 0x1_0000;

const start = 0x24;
const end = 0x23;
const escapeMark = 0x7d;
const escapeMask = 0x20;
const repeat = 0x2a;

/** The bytes of a packet. */
export function encodePacket(payload: Uint8Array): Uint8Array {
  const bytes: number[] = [start];
  let sum = 0;
  const put = (byte: number): void => {
    bytes.push(byte);
    sum = (sum + byte) & 0xff;
  };
  for (const byte of payload) {
    if (byte === start || byte === end || byte === escapeMark || byte === repeat) {
      put(escapeMark);
      put(byte ^ escapeMask);
    } else put(byte);
  }
  bytes.push(end, ...new TextEncoder().encode(sum.toString(16).padStart(2, "0")));
  return Uint8Array.from(bytes);
}

/** Finds packets in a stream of bytes that come in any pieces. */
export class PacketReader {
  /** The payload so far; undefined between packets. */
  #payload: number[] | undefined;
  #isTooLong = false;
  /** Digits of the checksum, once its mark has come. */
  #checksum: string | undefined;

  /** What is complete with these bytes. Bytes that mean nothing are skipped. */
  *read(bytes: Uint8Array): Iterable<RemoteEvent> {
    for (const byte of bytes) {
      const event = this.#payload ? this.#inside(byte, this.#payload) : this.#between(byte);
      if (event) yield event;
    }
  }

  #between(byte: number): RemoteEvent | undefined {
    switch (byte) {
      case start:
        this.#begin();
        return undefined;
      case 0x2b:
        return { kind: "acknowledged" };
      case 0x2d:
        return { kind: "again" };
      case 0x03:
        return { kind: "interrupt" };
      default:
        return undefined;
    }
  }

  #inside(byte: number, payload: number[]): RemoteEvent | undefined {
    if (this.#checksum !== undefined) {
      this.#checksum += String.fromCharCode(byte);
      if (this.#checksum.length < 2) return undefined;
      const isRight = !this.#isTooLong && Number(`0x${this.#checksum}`) === sumOf(payload);
      this.#payload = undefined;
      return isRight ? { kind: "packet", payload: resolveEscapes(payload) } : { kind: "damaged" };
    }
    if (byte === end) this.#checksum = "";
    // A debugger that gave up on a packet begins another one.
    else if (byte === start) this.#begin();
    else if (payload.length < mostPayloadBytes) payload.push(byte);
    else this.#isTooLong = true;
    return undefined;
  }

  #begin(): void {
    this.#payload = [];
    this.#isTooLong = false;
    this.#checksum = undefined;
  }
}

function sumOf(payload: readonly number[]): number {
  return payload.reduce((sum, byte) => (sum + byte) & 0xff, 0);
}

function resolveEscapes(payload: readonly number[]): Uint8Array {
  const bytes: number[] = [];
  for (let index = 0; index < payload.length; index += 1) {
    const byte = payload[index] ?? 0;
    if (byte !== escapeMark) bytes.push(byte);
    else {
      index += 1;
      bytes.push((payload[index] ?? 0) ^ escapeMask);
    }
  }
  return Uint8Array.from(bytes);
}
