/**
 * A process's memory as the kernel keeps it (`struct mm_struct`): the address space, the heap's
 * end, and where the program's strings lie. Shared by threads and between vfork(2) and execve(2).
 */
import type { Location } from "../../vfs/types.ts";
import type { AddressSpace } from "../address-space.ts";
import type { DataModel } from "../layout/struct.ts";
import { GuestMemory } from "./guest-memory.ts";

/** Where execve(2) put things; `/proc/self/{cmdline,environ,auxv,stat}` show them. */
export interface ImageLayout {
  readonly codeStart: number;
  readonly codeEnd: number;
  readonly stackTop: number;
  readonly stackBytes: number;
  readonly argumentsStart: number;
  readonly argumentsEnd: number;
  readonly environmentStart: number;
  readonly environmentEnd: number;
  readonly auxiliaryVector: Uint8Array;
  /** Address of the code that calls rt_sigreturn(2). */
  readonly signalTrampoline: number;
  /** First address of the heap. */
  readonly breakStart: number;
}

/** The memory of one program image. Counted: it is released with its last user. */
export class MemoryImage {
  readonly space: AddressSpace;
  readonly guest: GuestMemory;
  readonly layout: ImageLayout;
  /** The executable's place. */
  readonly executable: Location | undefined;
  /** The current end of the heap (brk). */
  break: number;
  #references = 1;

  constructor(
    space: AddressSpace,
    model: DataModel,
    layout: ImageLayout,
    executable: Location | undefined,
  ) {
    this.space = space;
    this.guest = new GuestMemory(space, model);
    this.layout = layout;
    this.executable = executable;
    this.break = layout.breakStart;
  }

  retain(): this {
    this.#references += 1;
    return this;
  }

  release(): void {
    this.#references -= 1;
    if (this.#references === 0) this.space.dispose();
  }

  /** Whether more than one process or thread uses it. */
  get isShared(): boolean {
    return this.#references > 1;
  }

  /** A copy for fork(2). */
  fork(): MemoryImage {
    const copy = new MemoryImage(this.space.fork(), this.guest.model, this.layout, this.executable);
    copy.break = this.break;
    return copy;
  }
}
