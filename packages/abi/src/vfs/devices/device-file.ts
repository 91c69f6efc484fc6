/** An open character device. */
import { LinuxError } from "../../linux/errno.ts";
import type { Inode, IoctlArgument, OpenAccess, OpenFile, Readiness } from "../types.ts";
import type { CharacterDevice } from "./character-device.ts";

/** Opens a device through a node of it. */
export function deviceFile(inode: Inode, device: CharacterDevice, access: OpenAccess): OpenFile {
  device.open?.(access);
  return new DeviceFile(inode, device);
}

class DeviceFile implements OpenFile {
  readonly inode: Inode;
  readonly seekable: boolean;
  readonly #device: CharacterDevice;
  /** Present only if the device has it: an absent `subscribe` says that readiness never changes. */
  readonly subscribe?: (listener: () => void) => () => void;

  constructor(inode: Inode, device: CharacterDevice) {
    this.inode = inode;
    this.seekable = device.seekable;
    this.#device = device;
    if (device.subscribe !== undefined) this.subscribe = device.subscribe.bind(device);
  }

  read(buffer: Uint8Array): number {
    return this.#device.read(buffer);
  }

  write(buffer: Uint8Array): number {
    return this.#device.write(buffer);
  }

  append(buffer: Uint8Array): number {
    return this.#device.write(buffer);
  }

  readDirectory(): never {
    throw new LinuxError("ENOTDIR");
  }

  size(): number {
    return 0;
  }

  seekExtent(): number {
    throw new LinuxError(this.seekable ? "EINVAL" : "ESPIPE");
  }

  truncate(): void {
    throw new LinuxError("EINVAL");
  }

  allocate(): void {
    throw new LinuxError("ENODEV");
  }

  sync(): void {
    throw new LinuxError("EINVAL");
  }

  readiness(): Readiness {
    return this.#device.readiness();
  }

  ioctl(request: number, argument: IoctlArgument): number {
    if (this.#device.ioctl === undefined) throw new LinuxError("ENOTTY");
    return this.#device.ioctl(request, argument);
  }

  close(): void {
    this.#device.close?.();
  }
}
