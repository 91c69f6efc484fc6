/** One device of each kind under test, with host's ends that keep to themselves. */
import type { DeviceFactory } from "../../device.ts";
import type { NetworkLink } from "../../network/network-link.ts";
import { seededRandom } from "../../random/random-source.ts";
import { bytesStorage } from "../../storage/bytes-storage.ts";
import { overlay } from "../../storage/overlay.ts";
import { virtioBlock } from "../block.ts";
import { virtioConsole } from "../console.ts";
import { virtioEntropy } from "../entropy.ts";
import { virtioMmio } from "../mmio.ts";
import { virtioNetwork } from "../network.ts";

/** A link that sends everything back at once. */
function loopback(): NetworkLink {
  let receive: (frame: Uint8Array) => void = () => {};
  return {
    send: (frame) => receive(frame),
    onReceive: (receiver) => {
      receive = receiver ?? (() => {});
    },
  };
}

/** Factories by name; what is typed at a console is what it prints. */
export const rigs: Readonly<Record<string, () => DeviceFactory>> = {
  block: () => virtioMmio(virtioBlock(overlay(bytesStorage(new Uint8Array(64 * 512))))),
  entropy: () => virtioMmio(virtioEntropy(seededRandom(7))),
  network: () => virtioMmio(virtioNetwork(loopback(), { mac: "02:00:00:00:00:01" })),
  console: () => {
    let receive: (bytes: Uint8Array) => void = () => {};
    const transmit = (byte: number): void => receive(Uint8Array.of(byte));
    return virtioMmio(
      virtioConsole({
        transmit,
        attach: (input) => {
          receive = (bytes) => {
            if (input.unreadBytes < 1000) input.receive(bytes);
          };
        },
      }),
    );
  },
};
