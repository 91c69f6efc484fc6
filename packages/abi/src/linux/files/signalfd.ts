/**
 * signalfd: pending signals that are read.
 * @see signalfd(2)
 */
import type { Readiness } from "../../vfs/types.ts";
import { LinuxError } from "../errno.ts";
import type { DataModel } from "../layout/struct.ts";
import { struct } from "../layout/struct.ts";
import type { Process } from "../process/process.ts";
import type { Thread } from "../process/thread.ts";
import type { SignalInfo } from "../signals/signal-info.ts";
import type { SignalSet } from "../signals/signal-set.ts";
import type { WaitQueue } from "../wait-queue.ts";
import type { FileObject } from "./file-object.ts";
import { AnonymousFile } from "./file-object.ts";
import { wouldBlock } from "./would-block.ts";

const signalFdInfo = struct({
  signal: "u32",
  errno: "i32",
  code: "i32",
  pid: "u32",
  uid: "u32",
  fd: "i32",
  tid: "u32",
  band: "u32",
  overrun: "u32",
  trap: "u32",
  status: "i32",
  int: "i32",
  pointer: "u64",
  utime: "u64",
  stime: "u64",
  address: "u64",
  padding: { bytes: 48 },
});

/** A set of signals that can be read instead of being handled. */
export class SignalFile extends AnonymousFile implements FileObject {
  readonly kind = "signalfd";
  readonly label = "anon_inode:[signalfd]";
  readonly waiters: WaitQueue;
  mask: SignalSet;
  readonly #model: DataModel;

  /** `process` is the one that made it: its signals wake those who wait. */
  constructor(inode: number, mask: SignalSet, process: Process, model: DataModel) {
    super(inode);
    this.mask = mask;
    this.waiters = process.signalArrival;
    this.#model = model;
  }

  override read(target: Uint8Array, { task }: { task: Thread }): number {
    const size = signalFdInfo.sizeOf(this.#model);
    if (target.length < size) throw new LinuxError("EINVAL");
    let done = 0;
    while (done + size <= target.length) {
      const info = task.pending.take(this.mask) ?? task.process.pending.take(this.mask);
      if (info === undefined) break;
      target.set(signalFdInfo.encode(this.#model, describe(info)), done);
      done += size;
    }
    if (done === 0) throw wouldBlock;
    return done;
  }

  readiness(task: Thread): Readiness {
    const pending = task.pending.set | task.process.pending.set;
    return {
      readable: (pending & this.mask) !== 0n,
      writable: false,
      hangup: false,
      error: false,
    };
  }
}

function describe(info: SignalInfo): Parameters<typeof signalFdInfo.encode>[1] {
  const value = "value" in info ? info.value : 0n;
  return {
    signal: info.signal,
    code: info.code,
    pid: "pid" in info ? info.pid : 0,
    uid: "uid" in info ? info.uid : 0,
    status: info.kind === "child" ? info.status : 0,
    address: info.kind === "fault" ? info.address : 0,
    tid: info.kind === "timer" ? info.timer : 0,
    overrun: info.kind === "timer" ? info.overrun : 0,
    pointer: value,
    int: BigInt.asIntN(32, value),
  };
}
