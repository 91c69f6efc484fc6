/** One instruction at a time in a state of choice, for properties of control registers and traps. */
import { assemble } from "@isovm/decoder";
import { reference } from "@isovm/interpreter";
import type { EngineFactory, HartOutcome, PrivilegedArchitecture } from "@isovm/isa-spec";
import { ramBase, TestMachine } from "./test-machine.ts";

/** Modes by name. */
export const modes = { user: 0, supervisor: 1, machine: 3 } as const;
export type ModeName = keyof typeof modes;

/** Where instructions are put: memory protection leaves it open. */
const place: bigint = BigInt(ramBase) + 0x8000n;

/** A hart whose instructions come from the test. */
export class HartProbe {
  readonly machine: TestMachine;
  readonly #architecture: PrivilegedArchitecture;
  readonly #bytes: Map<string, Uint8Array> = new Map();

  constructor(architecture: PrivilegedArchitecture, engine: EngineFactory = reference) {
    this.#architecture = architecture;
    this.machine = new TestMachine(architecture, engine, "nop");
    this.reset();
  }

  /** Back to machine mode after power-on, with memory open to all modes. */
  reset(): void {
    this.machine.hart.reset(place);
    this.setRegister("pmpaddr0", (1n << 32n) - 1n);
    this.setRegister("pmpcfg0", 0x1fn);
  }

  get pc(): bigint {
    return this.machine.engine.state.pc;
  }

  /** Register x`number`; or one of the architectural state by its name. */
  read(register: number | string): bigint {
    const { state } = this.machine.engine;
    return typeof register === "number" ? state.read("x", register) : state.read(register);
  }

  /** Executes an instruction, or the trap that comes instead of it. */
  execute(text: string): HartOutcome {
    this.place(text);
    return this.machine.step();
  }

  /** Puts an instruction where the hart executes next. */
  place(text: string): void {
    const { memory, engine } = this.machine;
    let bytes = this.#bytes.get(text);
    if (!bytes) {
      bytes = assemble(this.#architecture.isa, text, { origin: place }).bytes;
      this.#bytes.set(text, bytes);
    }
    memory.write(Number(place), bytes);
    engine.state.pc = place;
  }

  /** Whether the instruction that was executed last went through. */
  get wentOn(): boolean {
    return this.pc === place + 4n;
  }

  /** Reads a control register in machine mode; undefined if there is none. */
  register(name: string): bigint | undefined {
    this.enter("machine");
    this.execute(`csrrs a0, ${name}, x0`);
    return this.wentOn ? this.read(10) : undefined;
  }

  /** Writes a control register in machine mode. */
  setRegister(name: string, value: bigint): void {
    this.enter("machine");
    this.machine.engine.state.write("x", 10, value);
    this.execute(`csrrw x0, ${name}, a0`);
  }

  /** Sets x`number`. */
  setInteger(number: number, value: bigint): void {
    this.machine.engine.state.write("x", number, value);
  }

  /** Goes to a mode, whatever the mode was; changes nothing else. */
  enter(name: ModeName): void {
    const hart = this.machine.hart;
    const { state } = this.machine.engine;
    if (state.read("mode") === BigInt(modes[name])) return;
    // As a snapshot would: no trap and no return, which would change mstatus.
    const saved = JSON.parse(JSON.stringify(hart.save())) as { mode: number };
    saved.mode = modes[name];
    state.write("mode", 0, BigInt(modes[name]));
    hart.restore(saved);
  }

  /** The mode now. */
  get mode(): ModeName {
    const number = Number(this.machine.engine.state.read("mode"));
    return number === 3 ? "machine" : number === 1 ? "supervisor" : "user";
  }
}
