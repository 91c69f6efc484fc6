/**
 * Feature bits: what a device offers and a driver accepts.
 *
 * @see Virtual I/O Device (VIRTIO) 1.3, 2.2 and 6
 */
import type { StateReader } from "../state-reader.ts";

/** Numbers of the feature bits that belong to no device type (6). */
export const feature = { indirectDescriptors: 28, eventIndex: 29, version1: 32 } as const;

/** The negotiation of 64 feature bits through windows of 32. */
export class DriverFeatures {
  readonly #offered: readonly [low: number, high: number];
  #accepted: [low: number, high: number] = [0, 0];
  #offeredSelect = 0;
  #acceptedSelect = 0;

  constructor(features: readonly number[]) {
    const words: [number, number] = [0, 0];
    for (const bit of [...features, ...Object.values(feature)])
      words[bit >> 5 === 0 ? 0 : 1] |= 1 << (bit & 31);
    this.#offered = words;
  }

  /** Whether the driver has accepted a feature. */
  has(bit: number): boolean {
    return (((this.#accepted[bit >> 5] ?? 0) >>> (bit & 31)) & 1) === 1;
  }

  /** Whether what was accepted had been offered. */
  agreed(): boolean {
    const [low, high] = this.#accepted;
    return (low & ~this.#offered[0]) === 0 && (high & ~this.#offered[1]) === 0;
  }

  /** The 32 offered bits that are selected. */
  offered(): number {
    return this.#offered[this.#offeredSelect] ?? 0;
  }

  selectOffered(window: number): void {
    this.#offeredSelect = window;
  }

  selectAccepted(window: number): void {
    this.#acceptedSelect = window;
  }

  /** Takes the selected 32 bits of what the driver accepts. */
  accept(bits: number): void {
    if (this.#acceptedSelect < 2) this.#accepted[this.#acceptedSelect] = bits;
  }

  state(): unknown {
    return {
      accepted: [...this.#accepted],
      offeredSelect: this.#offeredSelect,
      acceptedSelect: this.#acceptedSelect,
    };
  }

  /**
   * Checks a state; the function that is returned takes it back.
   *
   * @throws DeviceStateError if it is not the state of a negotiation.
   */
  prepare(state: StateReader): () => void {
    const [low = 0, high = 0] = state.naturals("accepted", 2, 0xffff_ffff);
    const offeredSelect = state.natural("offeredSelect", 0xffff_ffff);
    const acceptedSelect = state.natural("acceptedSelect", 0xffff_ffff);
    return () => {
      this.#accepted = [low, high];
      this.#offeredSelect = offeredSelect;
      this.#acceptedSelect = acceptedSelect;
    };
  }

  reset(): void {
    this.#accepted = [0, 0];
    this.#offeredSelect = 0;
    this.#acceptedSelect = 0;
  }
}
