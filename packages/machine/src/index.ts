/**
 * Composes ISAs, engines and ABIs into virtual machines that a host program drives.
 *
 * @packageDocumentation
 */
export { EngineMemoryExhausted } from "./memory/block-allocator.ts";
export { CurrentSpaceMemory, GuestMemory, type GuestMemoryOptions } from "./memory/guest-memory.ts";
export { AddressRangeError, type ProcessAddressSpace } from "./memory/process-address-space.ts";
