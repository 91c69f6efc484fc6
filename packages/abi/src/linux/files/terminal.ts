/**
 * The controlling terminal, over the host's standard streams. The host's own terminal edits lines and
 * echoes while the guest wants that; once the guest switches to raw input, the host is told.
 * @see ioctl_tty(2), credentials(7) "Process group", termios(3)
 */
import type { IoctlArgument, Readiness, Stat } from "../../vfs/types.ts";
import { signals } from "../constants/signals.ts";
import { LinuxError } from "../errno.ts";
import type { HostInput, HostOutput } from "../host-services.ts";
import type { Kernel } from "../kernel.ts";
import type { DataModel } from "../layout/struct.ts";
import { isOrphanedGroup } from "../process/stop.ts";
import type { Thread } from "../process/thread.ts";
import { signalGroup } from "../signals/send.ts";
import { hasSignal } from "../signals/signal-set.ts";
import { WaitQueue } from "../wait-queue.ts";
import { ByteQueue } from "./byte-queue.ts";
import type { FileObject } from "./file-object.ts";
import { AnonymousFile, anonymousStat } from "./file-object.ts";
import * as request from "./ioctl-requests.ts";
import type { Termios } from "./termios.ts";
import {
  controlCharacters,
  defaultTermios,
  inputModes,
  localModes,
  termiosStruct,
  windowSizeStruct,
} from "./termios.ts";
import { wouldBlock } from "./would-block.ts";

/** A character device number: /dev/tty's. */
const TTY_DEVICE = (5 << 8) | 0;
const INPUT_CHUNK = 4096;

/** The terminal of the first session. */
export class Terminal extends AnonymousFile implements FileObject {
  readonly kind = "terminal";
  readonly label = "/dev/tty";
  readonly waiters: WaitQueue = new WaitQueue();
  /** The session that it controls; 0 for none. */
  session = 0;
  foregroundGroup = 0;
  readonly #kernel: Kernel;
  readonly #input: HostInput | undefined;
  readonly #output: HostOutput | undefined;
  /** Characters that were looked at for signals and not read yet. */
  readonly #queue = new ByteQueue();
  #ended = false;
  #modes: Termios = defaultTermios();

  constructor(kernel: Kernel, inode: number, input?: HostInput, output?: HostOutput) {
    super(inode);
    this.#kernel = kernel;
    this.#input = input;
    this.#output = output;
  }

  override read(target: Uint8Array, { task }: { task: Thread }): number {
    if (!this.#mayUse(task, signals.SIGTTIN)) throw wouldBlock;
    if (target.length === 0) return 0;
    this.#fill(target.length);
    const count = this.#queue.take(target);
    if (count > 0) return count;
    if (this.#ended) {
      // The end is a key of the terminal's: whoever reads next is asked anew.
      this.#ended = false;
      return 0;
    }
    const isRaw = (this.#modes.local & localModes.ICANON) === 0;
    if (isRaw && this.#modes.characters[controlCharacters.VMIN] === 0) return 0;
    throw wouldBlock;
  }

  override write(bytes: Uint8Array, { task }: { task: Thread }): number {
    const stops = (this.#modes.local & localModes.TOSTOP) !== 0;
    if (stops && !this.#mayUse(task, signals.SIGTTOU)) throw wouldBlock;
    if (this.#output === undefined || !this.#output.write(bytes)) throw new LinuxError("EIO");
    return bytes.length;
  }

  readiness(): Readiness {
    return {
      readable: this.#queue.length > 0 || this.#ended || (this.#input?.available() ?? 0) > 0,
      writable: true,
      hangup: false,
      error: false,
    };
  }

  override stat(): Stat {
    return { ...anonymousStat(this.inode, 0o20620), rdev: TTY_DEVICE, blockBytes: 1024 };
  }

  reopen(): Terminal {
    return this;
  }

  override ioctl(code: number, argument: IoctlArgument, task: Thread): number {
    const { model } = this.#kernel.binding;
    switch (code) {
      case request.TCGETS:
        argument.write(termiosStruct.encode(model, this.#modes));
        return 0;
      case request.TCSETS:
      case request.TCSETSW:
      case request.TCSETSF:
        if (code === request.TCSETSF) this.#queue.clear();
        this.#setModes(termiosStruct.decode(model, argument.read(termiosStruct.sizeOf(model))));
        return 0;
      case request.TIOCGWINSZ:
        argument.write(windowSizeStruct.encode(model, this.#windowSize()));
        return 0;
      case request.TIOCSWINSZ:
        return 0;
      case request.FIONREAD:
        this.#fill(INPUT_CHUNK);
        writeInt(argument, this.#queue.length, model);
        return 0;
      case request.TIOCOUTQ:
        writeInt(argument, 0, model);
        return 0;
      case request.TCSBRK:
      case request.TCXONC:
        return 0;
      case request.TCFLSH:
        if (argument.value === 0n || argument.value === 2n) this.#queue.clear();
        return 0;
      default:
        return this.#control(code, argument, task);
    }
  }

  /** The host has more input. */
  inputReady(): void {
    // Keys that raise signals must not wait for somebody to read.
    this.#fill(INPUT_CHUNK);
    this.waiters.wake();
  }

  #control(code: number, argument: IoctlArgument, task: Thread): number {
    const { model } = this.#kernel.binding;
    const { process } = task;
    const isOwn = this.session !== 0 && this.session === process.session;
    switch (code) {
      case request.TIOCGPGRP:
        if (!isOwn) throw new LinuxError("ENOTTY");
        writeInt(argument, this.foregroundGroup, model);
        return 0;
      case request.TIOCSPGRP: {
        if (!isOwn) throw new LinuxError("ENOTTY");
        const group = new DataView(argument.read(4).buffer).getInt32(0, model.littleEndian);
        if (group <= 0) throw new LinuxError("EINVAL");
        if (!this.#mayUse(task, signals.SIGTTOU)) throw wouldBlock;
        const [member] = this.#kernel.groupMembers(group);
        if (member === undefined) throw new LinuxError("ESRCH");
        if (member.session !== process.session) throw new LinuxError("EPERM");
        this.foregroundGroup = group;
        return 0;
      }
      case request.TIOCGSID:
        if (!isOwn) throw new LinuxError("ENOTTY");
        writeInt(argument, this.session, model);
        return 0;
      case request.TIOCSCTTY:
        if (isOwn) return 0;
        if (process.session !== process.pid || this.session !== 0) throw new LinuxError("EPERM");
        this.session = process.session;
        this.foregroundGroup = process.group;
        return 0;
      case request.TIOCNOTTY:
        if (!isOwn) throw new LinuxError("ENOTTY");
        if (process.session === process.pid) {
          this.session = 0;
          this.foregroundGroup = 0;
        }
        return 0;
      default:
        throw new LinuxError("ENOTTY");
    }
  }

  #setModes(modes: Termios): void {
    const wasRaw = (this.#modes.local & localModes.ICANON) === 0;
    this.#modes = modes;
    const isRaw = (modes.local & localModes.ICANON) === 0;
    if (isRaw !== wasRaw) this.#kernel.host.terminal?.setRaw?.(isRaw);
    this.waiters.wake();
  }

  #windowSize(): { rows: number; columns: number } {
    const size = this.#kernel.host.terminal?.windowSize();
    return { rows: size?.rows ?? 24, columns: size?.columns ?? 80 };
  }

  #fill(wanted: number): void {
    while (!this.#ended && this.#queue.length < wanted) {
      const bytes = this.#input === undefined ? undefined : this.#input.read(INPUT_CHUNK);
      if (bytes === undefined) this.#ended = true;
      else if (bytes.length === 0) return;
      else this.#queue.put(this.#process(bytes));
    }
  }

  // In canonical mode the host's terminal has done all this already.
  #process(bytes: Uint8Array): Uint8Array {
    const { input, local, characters } = this.#modes;
    if ((local & localModes.ICANON) !== 0) return bytes;
    const kept: number[] = [];
    for (const byte of bytes) {
      if ((local & localModes.ISIG) !== 0 && this.#raise(byte, characters)) continue;
      if (byte === 0x0d && (input & inputModes.IGNCR) !== 0) continue;
      if (byte === 0x0d && (input & inputModes.ICRNL) !== 0) kept.push(0x0a);
      else if (byte === 0x0a && (input & inputModes.INLCR) !== 0) kept.push(0x0d);
      else kept.push(byte);
    }
    return Uint8Array.from(kept);
  }

  #raise(byte: number, characters: Uint8Array): boolean {
    if (byte === 0) return false;
    const keys: readonly (readonly [number, number])[] = [
      [controlCharacters.VINTR, signals.SIGINT],
      [controlCharacters.VQUIT, signals.SIGQUIT],
      [controlCharacters.VSUSP, signals.SIGTSTP],
    ];
    const signal = keys.find(([index]) => characters[index] === byte)?.[1];
    if (signal === undefined) return false;
    this.#kernel.signalForeground(signal);
    return true;
  }

  /**
   * Whether a process may use the terminal now; if it is in the background its group gets `signal`,
   * and the caller waits as long as that stops it.
   */
  #mayUse(task: Thread, signal: number): boolean {
    const { process } = task;
    if (this.session !== process.session || process.group === this.foregroundGroup) return true;
    if (hasSignal(task.mask, signal) || process.actions.isIgnored(signal)) {
      if (signal === signals.SIGTTIN) throw new LinuxError("EIO");
      return true;
    }
    if (isOrphanedGroup(this.#kernel, process)) throw new LinuxError("EIO");
    signalGroup(this.#kernel, process.group, { kind: "plain", signal, code: 0x80 });
    return false;
  }
}

function writeInt(argument: IoctlArgument, value: number, { littleEndian }: DataModel): void {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, littleEndian);
  argument.write(bytes);
}
