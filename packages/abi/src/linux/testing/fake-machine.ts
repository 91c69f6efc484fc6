/**
 * A machine without instructions for tests of the kernel: guest programs are generators that yield
 * system calls and get their results.
 *
 * A program is chosen by the address at which its thread starts to run; a signal handler is a program
 * at the handler's address, and returns by `rt_sigreturn` when its generator ends.
 */
import { MemoryFileSystem } from "../../vfs/memory/file-system.ts";
import type { PopulateNode } from "../../vfs/populate.ts";
import { populate } from "../../vfs/populate.ts";
import { Vfs } from "../../vfs/vfs.ts";
import type { AddressSpace } from "../address-space.ts";
import type { LinuxBinding } from "../binding.ts";
import { asmGenericNumbers, nameIn32Bit } from "../constants/asm-generic.ts";
import { errnoName } from "../errno.ts";
import type { GuestCpu, GuestExit } from "../guest-cpu.ts";
import type { HostServices } from "../host-services.ts";
import { Kernel } from "../kernel.ts";
import type { KernelOptions } from "../kernel-options.ts";
import type { ExitCause } from "../process/process.ts";
import type { Thread } from "../process/thread.ts";
import { FakeAddressSpaces } from "./fake-address-space.ts";
import { makeElf } from "./make-elf.ts";

/** What a program yields: a system call, a fault, or nothing (instructions without effect). */
export type Step =
  | readonly [name: string, ...args: (number | bigint)[]]
  | { readonly exit: GuestExit };

/** A guest program: yields steps, gets results; a negated error number shows as its name. */
export type Program = (guest: GuestView) => Generator<Step, void, Result>;

/** A system call's result: a value, or an error's name. */
export type Result = number | string;

/** What a program can do without system calls. */
export interface GuestView {
  readonly thread: Thread;
  readonly cpu: FakeCpu;
  readonly space: AddressSpace;
  /** Puts bytes into memory that stays reserved for the program; gives their address. */
  put(bytes: Uint8Array | string): number;
  /** Reserves zeroed memory. */
  reserve(length: number): number;
  /** The text at an address. */
  text(address: number, length: number): string;
}

interface CpuData {
  readonly pc: bigint;
  readonly registers: readonly bigint[];
}

/** 32 integer registers and a program counter. */
export class FakeCpu implements GuestCpu {
  pc = 0n;
  registers: bigint[] = Array.from({ length: 32 }, () => 0n);
  space: AddressSpace;
  flushed: [number, number][] = [];

  constructor(space: AddressSpace) {
    this.space = space;
  }
  readRegister(_file: string, index: number): bigint {
    return this.registers[index] ?? 0n;
  }
  writeRegister(_file: string, index: number, value: bigint): void {
    this.registers[index] = BigInt.asUintN(64, value);
  }
  save(): CpuData {
    return { pc: this.pc, registers: [...this.registers] };
  }
  load(state: CpuData): void {
    this.pc = state.pc;
    this.registers = [...state.registers];
  }
  reset(): void {
    this.pc = 0n;
    this.registers.fill(0n);
  }
  setAddressSpace(space: AddressSpace): void {
    this.space = space;
  }
  flushInstructions(start: number, length: number): void {
    this.flushed.push([start, length]);
  }
  dispose(): void {}
}

const SP = 2;
const TP = 4;
const RA = 1;
const A0 = 10;
const NUMBER = 17;
const MACHINE = 0x1234;

/** A binding of no real instruction set. */
export function fakeBinding(wordBytes: 4 | 8): LinuxBinding {
  const limit = wordBytes === 8 ? 2 ** 47 : 0xc000_0000;
  return {
    name: `fake${wordBytes * 8}`,
    machine: "fake",
    model: { wordBytes, littleEndian: true, longLongAlignment: 8 },
    elf: {
      machine: MACHINE,
      wordBits: wordBytes === 8 ? 64 : 32,
      littleEndian: true,
      checkFlags: (flags) => (flags === 0xbad ? "flags of another world" : undefined),
      hwcap: 5n,
      platform: "fake",
      dynamicBase: 0x5555_0000,
    },
    userLimit: limit,
    mmapLimit: limit,
    systemCallNumbers: "asm-generic",
    systemCallBytes: 4,
    readSystemCall: (cpu) => ({
      number: Number(cpu.readRegister("x", NUMBER)),
      arguments: Array.from({ length: 6 }, (_, index) => cpu.readRegister("x", A0 + index)),
    }),
    writeResult: (cpu, value) => cpu.writeRegister("x", A0, BigInt.asUintN(wordBytes * 8, value)),
    restoreArguments: (cpu, call) => cpu.writeRegister("x", A0, call.arguments[0] ?? 0n),
    cloneOrder: { flags: 0, stack: 1, parentTid: 2, tls: 3, childTid: 4 },
    getStackPointer: (cpu) => cpu.readRegister("x", SP),
    setStackPointer: (cpu, value) => cpu.writeRegister("x", SP, value),
    setThreadPointer: (cpu, value) => cpu.writeRegister("x", TP, value),
    startProgram: (cpu, entry, stackPointer) => {
      cpu.pc = BigInt(entry);
      cpu.writeRegister("x", SP, BigInt(stackPointer));
    },
    signalContext: {
      sizeBytes: 33 * 8,
      alignment: 16,
      order: "maskFirst",
      save: (cpu, view) => {
        view.setBigUint64(0, cpu.pc, true);
        for (let index = 0; index < 32; index += 1) {
          view.setBigUint64(8 + index * 8, cpu.readRegister("x", index), true);
        }
      },
      restore: (cpu, view) => {
        cpu.pc = view.getBigUint64(0, true);
        for (let index = 0; index < 32; index += 1) {
          cpu.writeRegister("x", index, view.getBigUint64(8 + index * 8, true));
        }
        return true;
      },
    },
    signalTrampoline: Uint8Array.of(1, 2, 3, 4),
    hasRestorer: false,
    stackAlignment: 16,
    redZoneBytes: 0,
    enterHandler: (cpu, entry) => {
      cpu.pc = entry.handler;
      cpu.writeRegister("x", RA, BigInt(entry.returnAddress));
      cpu.writeRegister("x", SP, BigInt(entry.stackPointer));
      cpu.writeRegister("x", A0, BigInt(entry.signal));
      cpu.writeRegister("x", A0 + 1, BigInt(entry.infoAddress));
      cpu.writeRegister("x", A0 + 2, BigInt(entry.contextAddress));
    },
  };
}

interface Running {
  readonly generator: Generator<Step, void, Result>;
  /** The first resumption passes nothing. */
  isStarted: boolean;
  readonly isHandler: boolean;
}

/** Where programs live: each has a page of its own in the executable. */
const CODE_BASE = 0x10000;
/** The scratch memory of `put` and `reserve`. */
const DATA_BASE = 0x100000;
const DATA_BYTES = 0x100000;

/** Nothing will ever happen in the guest any more. */
export class StuckError extends Error {}

/** Options of a fake machine. */
export interface FakeMachineOptions {
  readonly wordBytes?: 4 | 8;
  readonly files?: Readonly<Record<string, PopulateNode>>;
  readonly kernel?: Partial<KernelOptions>;
  readonly input?: string;
  /** Changes the host's services. */
  readonly host?: (host: HostServices) => HostServices;
  /** Runs where no other program does: in children without one, at addresses of none. */
  readonly fallback?: Program;
}

/** A kernel, fake processors and programs that are generators. */
export class FakeMachine {
  readonly kernel: Kernel;
  readonly binding: LinuxBinding;
  readonly rootFileSystem: MemoryFileSystem;
  readonly trace: string[] = [];
  /** Time goes on by this much at each look at the clock. */
  tickNanos = 1000;
  nowNanos = 1_000_000_000;
  output = "";
  errors = "";
  input: Uint8Array | undefined;
  readonly #fallback: Program | undefined;
  readonly #programs: Program[] = [];
  readonly #running = new Map<Thread, Running[]>();
  readonly #numbers: Readonly<Record<string, number>>;
  readonly #reserved = new Map<AddressSpace, number>();
  /** Programs of forked children, by the parent's thread, in order. */
  readonly #children: Program[] = [];

  constructor(options: FakeMachineOptions = {}) {
    this.#fallback = options.fallback;
    this.binding = fakeBinding(options.wordBytes ?? 8);
    this.#numbers = asmGenericNumbers(options.wordBytes ?? 8);
    this.input = options.input === undefined ? undefined : new TextEncoder().encode(options.input);
    const realtimeNanos = (): bigint => 1_700_000_000_000_000_000n + BigInt(this.nowNanos);
    this.rootFileSystem = new MemoryFileSystem({ clock: realtimeNanos });
    const vfs = new Vfs({ root: this.rootFileSystem, clock: realtimeNanos });
    const elf = makeElf({
      wordBits: this.binding.elf.wordBits,
      machine: MACHINE,
      entry: CODE_BASE,
      segments: [
        { address: CODE_BASE, flags: 5, bytes: new Uint8Array(16), memoryBytes: 0x10000 },
        { address: DATA_BASE, flags: 6, bytes: new Uint8Array(0), memoryBytes: DATA_BYTES },
      ],
    });
    populate(this.rootFileSystem, {
      "bin/program": { contents: elf, mode: 0o755 },
      tmp: { directory: true, mode: 0o1777 },
      ...options.files,
    });
    let seed = 1;
    const host: HostServices = {
      clock: {
        monotonicNanos: () => {
          this.nowNanos += this.tickNanos;
          return this.nowNanos;
        },
        realtimeNanos,
      },
      random: (target) => {
        for (let index = 0; index < target.length; index += 1) {
          seed = (seed * 1103515245 + 12345) % 2 ** 31;
          target[index] = seed & 0xff;
        }
      },
      stdin: {
        isTerminal: false,
        read: (length) => {
          const bytes = this.input?.subarray(0, length);
          this.input = this.input?.subarray(length);
          if (bytes?.length === 0) return undefined;
          return bytes;
        },
        available: () => this.input?.length ?? Number.POSITIVE_INFINITY,
      },
      stdout: { isTerminal: false, write: (bytes) => this.#write("output", bytes) },
      stderr: { isTerminal: false, write: (bytes) => this.#write("errors", bytes) },
    };
    this.kernel = new Kernel({
      binding: this.binding,
      memory: options.kernel?.memory ?? new FakeAddressSpaces(),
      createCpu: (space) => new FakeCpu(space),
      vfs,
      trace: (line) => this.trace.push(line),
      host: options.host?.(host) ?? host,
      ...options.kernel,
    });
  }

  #write(stream: "output" | "errors", bytes: Uint8Array): boolean {
    this[stream] += new TextDecoder().decode(bytes);
    return true;
  }

  /** Whether the port has a system call. */
  has(name: string): boolean {
    return this.#number(name) !== undefined;
  }

  /** The address of a program, to be used as a signal handler or entry point. */
  at(program: Program): number {
    this.#programs.push(program);
    return CODE_BASE + (this.#programs.length - 1) * 16;
  }

  /** The next child that fork or clone makes runs this program. */
  child(program: Program): void {
    this.#children.push(program);
  }

  /** Runs a program as the first process until it ends; gives how it ended. */
  run(
    program: Program,
    options: { arguments?: string[]; environment?: string[]; path?: string } = {},
  ): ExitCause {
    this.#programs.unshift(program);
    this.kernel.start({
      program: options.path ?? "/bin/program",
      arguments: options.arguments ?? ["program"],
      environment: options.environment ?? [],
    });
    return this.resume();
  }

  /** Goes on until the first process has ended, or nothing can happen any more (then it throws). */
  resume(steps = 100_000): ExitCause {
    for (let step = 0; step < steps; step += 1) {
      const next = this.kernel.schedule();
      if (next.kind === "exited") return next.cause;
      if (next.kind === "idle") {
        if (next.untilNanos === undefined) throw new StuckError("all threads wait for ever");
        this.nowNanos = Math.max(this.nowNanos, next.untilNanos);
        continue;
      }
      this.#step(next.thread);
    }
    throw new StuckError("the program does not end");
  }

  #step(thread: Thread): void {
    const cpu = thread.cpu as FakeCpu;
    let stack = this.#running.get(thread);
    if (stack === undefined) {
      const program = this.#children.shift();
      stack = [];
      this.#running.set(thread, stack);
      if (this.#running.size > 1 && program !== undefined)
        stack.push(this.#start(thread, program, false));
    }
    const index = (Number(cpu.pc) - CODE_BASE) / 16;
    const atStart = Number.isInteger(index) ? this.#programs[index] : undefined;
    // Entry points have the addresses of programs; all others are in the middle of one.
    if (atStart !== undefined) {
      stack.push(this.#start(thread, atStart, stack.length > 0));
      cpu.pc += 1n;
    }
    if (stack.length === 0 && this.#fallback !== undefined) {
      stack.push(this.#start(thread, this.#fallback, false));
    }
    const running = stack.at(-1);
    if (running === undefined) throw new Error(`nothing runs at 0x${cpu.pc.toString(16)}`);
    const { value, done } = running.isStarted
      ? running.generator.next(this.#result(cpu))
      : running.generator.next(0);
    running.isStarted = true;
    if (done === true || value === undefined) {
      stack.pop();
      if (running.isHandler) this.#call(thread, ["rt_sigreturn"]);
      else this.#call(thread, ["exit_group", 0]);
      return;
    }
    if ("exit" in value) this.kernel.handleExit(thread, value.exit, 1);
    else this.#call(thread, value);
  }

  #start(thread: Thread, program: Program, isHandler: boolean): Running {
    return { generator: program(this.#view(thread)), isStarted: false, isHandler };
  }

  #call(thread: Thread, [name, ...args]: readonly [string, ...(number | bigint)[]]): void {
    const { cpu } = thread;
    const number = this.#number(name);
    if (number === undefined) throw new Error(`no number for ${name}`);
    if (name === "rt_sigreturn") {
      cpu.writeRegister("x", NUMBER, BigInt(number));
      this.kernel.handleExit(thread, { kind: "systemCall" }, 1);
      return;
    }
    cpu.writeRegister("x", NUMBER, BigInt(number));
    const width = this.binding.model.wordBytes * 8;
    for (let index = 0; index < 6; index += 1) {
      cpu.writeRegister("x", A0 + index, BigInt.asUintN(width, BigInt(args[index] ?? 0)));
    }
    this.kernel.handleExit(thread, { kind: "systemCall" }, 1);
  }

  #number(name: string): number | undefined {
    const own = this.binding.model.wordBytes === 4 ? nameIn32Bit(name) : name;
    return this.#numbers[own] ?? this.#numbers[name];
  }

  #result(cpu: FakeCpu): Result {
    const value = Number(
      BigInt.asIntN(this.binding.model.wordBytes * 8, cpu.readRegister("x", A0)),
    );
    return value < 0 && value >= -4095 ? (errnoName(-value) ?? value) : value;
  }

  #view(thread: Thread): GuestView {
    const reserve = (length: number): number => {
      const { space } = thread.process.memory;
      const used = this.#reserved.get(space) ?? DATA_BASE;
      this.#reserved.set(space, Math.ceil((used + length) / 16) * 16);
      if (used + length > DATA_BASE + DATA_BYTES) throw new Error("out of scratch memory");
      return used;
    };
    return {
      thread,
      cpu: thread.cpu as FakeCpu,
      get space() {
        return thread.process.memory.space;
      },
      reserve,
      put: (bytes) => {
        const raw = typeof bytes === "string" ? new TextEncoder().encode(`${bytes}\0`) : bytes;
        const address = reserve(raw.length);
        thread.process.memory.space.write(address, raw);
        return address;
      },
      text: (address, length) =>
        new TextDecoder().decode(thread.process.memory.space.read(address, length)),
    };
  }
}
