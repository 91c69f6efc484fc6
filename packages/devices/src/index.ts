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
export { type PlicOptions, plic } from "./plic/plic.ts";
export { type PowerEvent, testFinisher } from "./test-finisher/test-finisher.ts";
export {
  type SerialInput,
  type SerialLine,
  type Uart16550,
  type Uart16550Options,
  uart16550,
} from "./uart16550/uart16550.ts";
