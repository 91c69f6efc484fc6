/** Buses, interrupt controllers, timers, serial ports and virtio devices for system VMs. */
export { type AclintOptions, aclint } from "./aclint/aclint.ts";
export type { Board, BoardDevice, InterruptTarget } from "./board/board.ts";
export { type BoardServices, type BuiltBoard, buildBoard } from "./board/build-board.ts";
export type { BoardSize } from "./board/check-board.ts";
export { type DeviceTreeOptions, deviceTree } from "./board/device-tree.ts";
export { nullServices } from "./board/null-services.ts";
export { type VirtOptions, virt } from "./boards/virt.ts";
export { Bus, type BusRange } from "./bus/bus.ts";
export * from "./device.ts";
export {
  type DecodedDeviceTree,
  type DecodedNode,
  decodeDeviceTree,
} from "./device-tree/decode.ts";
export { type EncodeDeviceTreeOptions, encodeDeviceTree } from "./device-tree/encode.ts";
export * from "./device-tree/tree.ts";
export * from "./errors.ts";
export { type GoldfishRtcOptions, goldfishRtc } from "./goldfish-rtc/goldfish-rtc.ts";
export { type InterruptController, isInterruptController } from "./interrupt-controller.ts";
export type { FrameReceiver, NetworkLink } from "./network/network-link.ts";
export {
  type PortCounters,
  type SwitchPort,
  type VirtualSwitch,
  type VirtualSwitchOptions,
  virtualSwitch,
} from "./network/virtual-switch.ts";
export { type PlicOptions, plic } from "./plic/plic.ts";
export { type RandomSource, seededRandom } from "./random/random-source.ts";
export {
  type BlockStorage,
  StorageError,
  type StorageFailure,
} from "./storage/block-storage.ts";
export { bytesStorage } from "./storage/bytes-storage.ts";
export { type OverlayOptions, overlay } from "./storage/overlay.ts";
export { type PowerEvent, testFinisher } from "./test-finisher/test-finisher.ts";
export {
  type SerialInput,
  type SerialLine,
  type Uart16550,
  type Uart16550Options,
  uart16550,
} from "./uart16550/uart16550.ts";
export { type VirtioBlockOptions, virtioBlock } from "./virtio/block.ts";
export {
  type ConsoleInput,
  type ConsoleLine,
  type TerminalSize,
  type VirtioConsoleOptions,
  virtioConsole,
} from "./virtio/console.ts";
export { virtioEntropy } from "./virtio/entropy.ts";
export { type VirtioMmioOptions, virtioMmio } from "./virtio/mmio.ts";
export type {
  BufferChain,
  VirtioHost,
  VirtioModel,
  VirtioModelFactory,
} from "./virtio/model.ts";
export { type VirtioNetworkOptions, virtioNetwork } from "./virtio/network.ts";
