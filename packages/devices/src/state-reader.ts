/** Takes apart what a device's `restore` was given: plain data that may come from a damaged file. */
import { decodeBase64 } from "./base64.ts";
import { DeviceStateError } from "./errors.ts";

/** Checked access to the members of a device's state; each throws a {@link DeviceStateError}. */
export class StateReader {
  readonly #device: string;
  readonly #members: Readonly<Record<string, unknown>>;

  constructor(device: string, state: unknown) {
    this.#device = device;
    if (typeof state !== "object" || state === null)
      throw new DeviceStateError(`${device}: its state is not an object`, { device });
    this.#members = state as Record<string, unknown>;
  }

  /** Throws that a member is not what it has to be. */
  fail(key: string, wanted: string): never {
    throw new DeviceStateError(`${this.#device}: ${key} of its state is not ${wanted}`, {
      device: this.#device,
    });
  }

  /** A member that somebody else checks: the state of a part. */
  member(key: string): unknown {
    return this.#members[key];
  }

  /** A list of at most `most` parts, each of which somebody else checks. */
  list(key: string, most: number): readonly unknown[] {
    const value = this.#members[key];
    return Array.isArray(value) && value.length <= most
      ? value
      : this.fail(key, `a list of at most ${most}`);
  }

  boolean(key: string): boolean {
    const value = this.#members[key];
    return typeof value === "boolean" ? value : this.fail(key, "true or false");
  }

  /** A natural number up to `most`. */
  natural(key: string, most: number): number {
    const value = this.#members[key];
    return isNatural(value, most) ? value : this.fail(key, `a natural number up to ${most}`);
  }

  /** Exactly `length` natural numbers up to `most`. */
  naturals(key: string, length: number, most: number): number[] {
    const value = this.#members[key];
    const fits =
      Array.isArray(value) && value.length === length && value.every((n) => isNatural(n, most));
    return fits ? [...value] : this.fail(key, `a list of ${length} natural numbers up to ${most}`);
  }

  /** Exactly `length` unsigned numbers of that many bits, each written in decimal. */
  integers(key: string, length: number, bits: number): bigint[] {
    const value = this.#members[key];
    const fits =
      Array.isArray(value) &&
      value.length === length &&
      value.every((text) => typeof text === "string" && /^\d{1,38}$/.test(text));
    const numbers = fits ? value.map(BigInt) : [];
    return fits && numbers.every((number) => BigInt.asUintN(bits, number) === number)
      ? numbers
      : this.fail(key, `a list of ${length} unsigned ${bits}-bit numbers written in decimal`);
  }

  /** A signed 128-bit number at most, written in decimal. */
  integer(key: string): bigint {
    const value = this.#members[key];
    return typeof value === "string" && /^-?\d{1,38}$/.test(value)
      ? BigInt(value)
      : this.fail(key, "an integer written in decimal");
  }

  /** Like {@link integer}, or undefined for null. */
  optionalInteger(key: string): bigint | undefined {
    return this.#members[key] === null ? undefined : this.integer(key);
  }

  /** Bytes in base64, `most` of them at most. */
  bytes(key: string, most: number): Uint8Array {
    const value = this.#members[key];
    const bytes = typeof value === "string" ? decodeBase64(value) : undefined;
    return bytes !== undefined && bytes.length <= most
      ? bytes
      : this.fail(key, `base64 of at most ${most} bytes`);
  }
}

function isNatural(value: unknown, most: number): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= most;
}
