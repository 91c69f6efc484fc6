/**
 * The virtio entropy device.
 *
 * @see Virtual I/O Device (VIRTIO) 1.3, 5.4
 */
import type { RandomSource } from "../random/random-source.ts";
import { StateReader } from "../state-reader.ts";
import type { VirtioModelFactory } from "./model.ts";

const name = "virtio-rng";

/** A buffer gets no more than this many bytes; a driver that wants more asks again. */
const mostBytes = 2 ** 16;

/**
 * The factory of an entropy device: fills the driver's buffers from a source, 64 KiB of one at most.
 *
 * @see Virtual I/O Device (VIRTIO) 1.3, 5.4
 */
export function virtioEntropy(source: RandomSource): VirtioModelFactory {
  return (host) => ({
    name,
    deviceId: 4,
    features: [],
    queueSizes: [64],
    configuration: () => new Uint8Array(),
    notify: (queue) => {
      for (;;) {
        const chain = host.take(queue);
        if (chain === undefined) return;
        const bytes = new Uint8Array(Math.min(chain.writableBytes, mostBytes));
        source.fill(bytes);
        if (chain.write(0, bytes)) chain.complete(bytes.length);
      }
    },
    state: () => ({ source: source.state?.() ?? null }),
    restore: (state) => source.restore?.(new StateReader(name, state).member("source")),
    reset: () => {},
  });
}
