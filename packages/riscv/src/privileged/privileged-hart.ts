/**
 * A hart with machine, supervisor and user mode: what follows an engine's exits.
 *
 * @see RISC-V Privileged 20240411, 3.1.6 to 3.3 and 10
 */
import {
  type AccessKind,
  type Exit,
  type HartDebugger,
  type HartHost,
  type HartOutcome,
  IsovmError,
  type PrivilegedHart,
} from "@isovm/isa-spec";
import type { SharedTranslation } from "./address-translation.ts";
import { ControlAccess } from "./control-access.ts";
import type { ControlDefinition } from "./control-definition.ts";
import { type ControlParameters, ControlState, type SavedControlState } from "./control-state.ts";
import type { Firmware, FirmwareCalls, FirmwareHart, HartLife } from "./firmware.ts";
import { hartDebugger } from "./hart-debugger.ts";
import { restoreLife, type SavedLife, saveLife, supervisorSetup } from "./hart-life.ts";
import { instructionAt } from "./instruction-at.ts";
import { Cause, Mode, supervisorInterrupts } from "./modes.ts";
import { accessFault } from "./page-tables.ts";
import { privilegedEffects } from "./rows.ts";
import { Status } from "./status.ts";
import { TimerCompare } from "./timer-compare.ts";
import {
  faultCause,
  isSupervisorLegal,
  returnFromMachine,
  returnFromSupervisor,
  takeDueInterrupt,
  takeException,
} from "./traps.ts";

const goOn: HartOutcome = { kind: "continue" };
const idle: HartOutcome = { kind: "idle" };
const stateVersion = 1;

/** A saved state is of another version or isn't one. */
export class HartStateError extends IsovmError<{ readonly version: unknown }> {}

/** The privileged half of one hart. */
export class RiscvHart implements PrivilegedHart {
  readonly debugger: HartDebugger;
  readonly #host: HartHost;
  readonly #state: ControlState;
  readonly #table: readonly ControlDefinition[];
  readonly #control: ControlAccess;
  readonly #timer: TimerCompare;
  readonly #calls: FirmwareCalls | undefined;
  #life: HartLife = { kind: "started" };
  /** What the architectural state's `attention` is, if known. */
  #hasAttention: boolean | undefined;
  readonly #effects: Readonly<Record<string, () => HartOutcome>>;

  constructor(
    host: HartHost,
    parameters: ControlParameters,
    table: readonly ControlDefinition[],
    shared: SharedTranslation,
    firmware?: Firmware,
  ) {
    const state = new ControlState(host, parameters, shared);
    this.#host = host;
    this.#table = table;
    this.#state = state;
    this.#control = new ControlAccess(state, table, (changed) => this.#changed(changed));
    this.debugger = hartDebugger(state, this.#control, table);
    this.#timer = new TimerCompare(state, () => this.#wake());
    this.#effects = {
      systemCall: () => this.#call(),
      breakpoint: () => this.#raise(Cause.breakpoint, host.state.pc),
      controlRegister: () => this.#complete(this.#control.execute(instructionAt(state))),
      [privilegedEffects.mret]: () => (returnFromMachine(state) ? goOn : this.#illegal()),
      [privilegedEffects.sret]: () => (returnFromSupervisor(state) ? goOn : this.#illegal()),
      [privilegedEffects.wfi]: () => this.#wait(),
      [privilegedEffects["sfence.vma"]]: () => this.#fence(),
      [privilegedEffects["sfence.w.inval"]]: () => this.#complete(state.mode > Mode.user),
    };
    this.#calls = firmware?.attach(this.#firmwareHart());
  }

  get context(): string {
    return this.#isOff ? "off" : this.#state.translation.context;
  }

  get isAwake(): boolean {
    const { kind } = this.#life;
    return kind === "starting" || (kind !== "stopped" && this.#state.interrupts.isAwake);
  }

  translate(address: bigint, access: AccessKind): number {
    // A hart that doesn't execute can't fetch: that is how the machine finds out.
    return this.#isOff ? accessFault : this.#state.translation.translate(address, access);
  }

  handle(exit: Exit): HartOutcome {
    if (this.#isOff) return idle;
    switch (exit.kind) {
      case "effect":
        return (this.#effects[exit.name] ?? (() => this.#illegal()))();
      case "trap":
        return this.#raise(exit.cause, exit.value);
      case "illegal":
        return this.#raise(Cause.illegalInstruction, exit.bits);
      case "fault":
        return this.#raise(faultCause(exit), exit.address);
      case "budget":
      case "breakpoint":
        return goOn;
    }
  }

  takeInterrupt(): boolean {
    const { isAwake } = this;
    if (isAwake !== this.#hasAttention) {
      this.#hasAttention = isAwake;
      this.#state.registers.write("attention", 0, isAwake ? 1n : 0n);
    }
    if (!isAwake) return false;
    return this.#isOff ? this.#begin() : takeDueInterrupt(this.#state);
  }

  timeChanged(): void {
    this.#timer.update();
    this.#wake();
  }

  setInterrupt(wire: number, level: boolean): void {
    this.#state.interrupts.setWire(wire, level);
    this.#wake();
  }

  reset(pc: bigint): void {
    const { registers, interrupts, protection, translation, counters } = this.#state;
    registers.pc = pc;
    registers.reservation = undefined;
    this.#hasAttention = undefined;
    this.#control.reset(this.#table);
    interrupts.reset();
    protection.reset();
    translation.writeRoot(0n);
    counters.restore({ inhibited: "0", cycle: "0", instret: "0" });
    registers.write("mcause", 0, 0n);
    if (this.#calls) this.#bootWithoutFirmware();
    this.#configure();
    this.#state.reset(this.#calls ? Mode.supervisor : Mode.machine);
  }

  save(): unknown {
    return { version: stateVersion, life: saveLife(this.#life), ...this.#state.save() };
  }

  restore(saved: unknown): void {
    const { version, ...parts } = saved as SavedHart;
    if (version !== stateVersion) {
      throw new HartStateError(`a saved hart of version ${version} can't be restored`, { version });
    }
    this.#life = restoreLife(parts.life);
    this.#state.restore(parts);
    this.#hasAttention = undefined;
    this.#configure();
  }

  /** Whether it isn't executing at all, as opposed to waiting. */
  get #isOff(): boolean {
    return this.#life.kind !== "started";
  }

  /** Ends a run in which something to attend to came up. */
  #wake(): void {
    if (this.isAwake) this.#host.interrupt();
  }

  #raise(cause: number, value: bigint): HartOutcome {
    takeException(this.#state, cause, value);
    return goOn;
  }

  #illegal(): HartOutcome {
    return this.#raise(Cause.illegalInstruction, BigInt(instructionAt(this.#state)));
  }

  /** Goes on behind the instruction, or takes the exception of an illegal one. */
  #complete(isLegal: boolean): HartOutcome {
    if (!isLegal) return this.#illegal();
    const { state } = this.#host;
    state.pc = BigInt.asUintN(this.#state.xlen, state.pc + 4n);
    return goOn;
  }

  #wait(): HartOutcome {
    if (!isSupervisorLegal(this.#state, Status.tw)) return this.#illegal();
    this.#complete(true);
    return this.isAwake ? goOn : idle;
  }

  #fence(): HartOutcome {
    const state = this.#state;
    if (!isSupervisorLegal(state, Status.tvm)) return this.#illegal();
    const instruction = instructionAt(state);
    const operand = (shift: number): bigint | undefined => {
      const register = (instruction >>> shift) & 31;
      return register === 0 ? undefined : state.registers.read("x", register);
    };
    state.translation.flush(operand(15), operand(20));
    return this.#complete(true);
  }

  #call(): HartOutcome {
    const { mode } = this.#state;
    if (!this.#calls || mode !== Mode.supervisor) return this.#raise(Cause.call + mode, 0n);
    this.#complete(true);
    return this.#calls.call();
  }

  /** Sees to what depends on a register that was written. */
  #changed({ changes }: ControlDefinition): void {
    if (changes === "modes") this.#state.refresh();
    else if (changes === "translation") this.#configure();
    else if (changes === "counters") this.#state.updateTimeMode();
    else if (changes === "timer") this.#timer.update();
  }

  /** Follows `menvcfg` and memory protection. */
  #configure(): void {
    const state = this.#state;
    const configuration = state.value("menvcfg");
    const has = (bit: bigint): boolean => ((configuration >> bit) & 1n) === 1n;
    state.translation.configure(has(61n), has(62n));
    state.refresh();
    this.#timer.update();
  }

  /** What firmware sets up before it starts a kernel: all is the supervisor's. */
  #bootWithoutFirmware(): void {
    const { values, interrupts, protection } = this.#state;
    // Hart 0 boots, the kernel starts the others.
    this.#life = { kind: this.#host.index === 0 ? "started" : "stopped" };
    for (const [name, value] of Object.entries(supervisorSetup)) values.set(name, value);
    interrupts.writeDelegated(BigInt(supervisorInterrupts));
    protection.openAll();
  }

  /** Begins to execute where firmware was told to. */
  #begin(): boolean {
    const life = this.#life;
    if (!("pc" in life)) return false;
    const { registers, translation } = this.#state;
    this.#life = { kind: "started" };
    translation.writeRoot(0n);
    this.#state.reset(Mode.supervisor);
    registers.write("x", 10, BigInt(this.#host.index));
    registers.write("x", 11, life.argument);
    registers.pc = life.pc;
    return true;
  }

  #firmwareHart(): FirmwareHart {
    const hart = this;
    const host = this.#host;
    return {
      index: host.index,
      physical: host.physical,
      get life(): HartLife {
        return hart.#life;
      },
      readRegister: (number) => host.state.read("x", number),
      writeRegister: (number, value) => host.state.write("x", number, value),
      setLife: (life) => {
        this.#life = life;
        this.#wake();
      },
      setSoftwareInterrupt: (isPending) => {
        this.#state.interrupts.setSoftware(isPending);
        this.#wake();
      },
      setTimer: (tick) => this.#timer.set(tick),
      flushTranslations: (address, asid) => this.#state.translation.flush(address, asid),
      wait: () => (this.isAwake ? goOn : idle),
    };
  }
}

interface SavedHart extends SavedControlState {
  readonly version: unknown;
  readonly life: SavedLife;
}
