/**
 * A hart with machine, supervisor and user mode: traps, interrupts, and the instructions behind
 * effects.
 *
 * @see RISC-V Privileged 20240411, 3.1.6 to 3.3 and 10
 */
import {
  type AccessKind,
  type Exit,
  type HartHost,
  type HartOutcome,
  IsovmError,
  type PrivilegedHart,
} from "@isovm/isa-spec";
import type { SharedTranslation } from "./address-translation.ts";
import { ControlAccess } from "./control-access.ts";
import type { ControlDefinition } from "./control-definition.ts";
import { type ControlParameters, ControlState } from "./control-state.ts";
import type { Firmware, FirmwareCalls, FirmwareHart, HartLife } from "./firmware.ts";
import { restoreLife, type SavedLife, saveLife, supervisorSetup } from "./hart-life.ts";
import { Cause, Mode, modeOf, supervisorInterrupts } from "./modes.ts";
import { accessFault } from "./page-tables.ts";
import { privilegedEffects } from "./rows.ts";
import {
  enterMachine,
  enterSupervisor,
  leaveMachine,
  leaveSupervisor,
  previousMachineMode,
  Status,
} from "./status.ts";

const goOn: HartOutcome = { kind: "continue" };
const idle: HartOutcome = { kind: "idle" };
const timerName = "stimecmp";
const stateVersion = 1;

/** A saved state is of another version or isn't one. */
export class HartStateError extends IsovmError<{ readonly version: unknown }> {}

/** Exception codes of failed accesses: misaligned, access fault, page fault. */
const faultCauses: Readonly<Record<AccessKind, readonly [number, number, number]>> = {
  fetch: [Cause.fetchMisaligned, Cause.fetchAccess, Cause.fetchPage],
  read: [Cause.loadMisaligned, Cause.loadAccess, Cause.loadPage],
  write: [Cause.storeMisaligned, Cause.storeAccess, Cause.storePage],
};

/** The privileged half of one hart. */
export class RiscvHart implements PrivilegedHart {
  readonly #host: HartHost;
  readonly #state: ControlState;
  readonly #table: readonly ControlDefinition[];
  readonly #control: ControlAccess;
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
    this.#host = host;
    this.#table = table;
    this.#state = new ControlState(host, parameters, shared);
    this.#control = new ControlAccess(this.#state, table, (changed) => this.#changed(changed));
    this.#effects = {
      systemCall: () => this.#call(),
      breakpoint: () => this.#raise(Cause.breakpoint, host.state.pc),
      controlRegister: () => this.#complete(this.#control.execute(this.#instruction())),
      [privilegedEffects.mret]: () => this.#machineReturn(),
      [privilegedEffects.sret]: () => this.#supervisorReturn(),
      [privilegedEffects.wfi]: () => this.#wait(),
      [privilegedEffects["sfence.vma"]]: () => this.#fence(),
      [privilegedEffects["sfence.w.inval"]]: () => this.#complete(this.#state.mode > Mode.user),
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
      case "fault": {
        const [misaligned, accessFault, pageFault] = faultCauses[exit.access];
        const { reason } = exit;
        const isPage = reason === "unmapped" || reason === "permission";
        const cause = isPage ? pageFault : reason === "misaligned" ? misaligned : accessFault;
        return this.#raise(cause, exit.address);
      }
      case "budget":
      case "breakpoint":
        return goOn;
    }
  }

  takeInterrupt(): boolean {
    const state = this.#state;
    const { isAwake } = this;
    if (isAwake !== this.#hasAttention) {
      this.#hasAttention = isAwake;
      state.registers.write("attention", 0, isAwake ? 1n : 0n);
    }
    if (!isAwake) return false;
    if (this.#life.kind !== "started") return this.#begin();
    const taken = state.interrupts.next(state.mode, state.status);
    if (!taken) return false;
    const cause = BigInt(taken.number) | (1n << BigInt(state.xlen - 1));
    this.#enter(taken.mode, cause, 0n, taken.number);
    return true;
  }

  setInterrupt(wire: number, level: boolean): void {
    this.#state.interrupts.setWire(wire, level);
    if (this.isAwake) this.#host.interrupt();
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
    const { interrupts, protection, translation, counters, values } = this.#state;
    return {
      version: stateVersion,
      life: saveLife(this.#life),
      modes: this.#state.saveModes(),
      interrupts: interrupts.save(),
      protection: protection.save(),
      translation: translation.save(),
      counters: counters.save(),
      values: Object.fromEntries([...values].map(([name, value]) => [name, value.toString()])),
    };
  }

  restore(saved: unknown): void {
    const { version, ...parts } = saved as SavedHart;
    if (version !== stateVersion) {
      throw new HartStateError(`a saved hart of version ${version} can't be restored`, { version });
    }
    const { interrupts, protection, translation, counters, values } = this.#state;
    interrupts.restore(parts.interrupts);
    protection.restore(parts.protection);
    translation.restore(parts.translation);
    counters.restore(parts.counters);
    values.clear();
    for (const [name, value] of Object.entries(parts.values)) values.set(name, BigInt(value));
    this.#life = restoreLife(parts.life);
    this.#state.restoreModes(parts.modes);
    this.#hasAttention = undefined;
    this.#configure();
  }

  /** Whether it isn't executing at all, as opposed to waiting. */
  get #isOff(): boolean {
    return this.#life.kind !== "started";
  }

  #call(): HartOutcome {
    const { mode } = this.#state;
    if (!this.#calls || mode !== Mode.supervisor) return this.#raise(Cause.call + mode, 0n);
    this.#complete(true);
    return this.#calls.call();
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
        if (this.isAwake) host.interrupt();
      },
      setSoftwareInterrupt: (isPending) => {
        this.#state.interrupts.setSoftware(isPending);
        if (this.isAwake) host.interrupt();
      },
      setTimer: (tick) => {
        this.#state.values.set(timerName, tick);
        this.#setTimer();
      },
      flushTranslations: (address, asid) => this.#state.translation.flush(address, asid),
      wait: () => (this.isAwake ? goOn : idle),
    };
  }

  /** Goes on behind the instruction, or takes the exception of an illegal one. */
  #complete(isLegal: boolean): HartOutcome {
    if (!isLegal) return this.#illegal();
    const { state } = this.#host;
    state.pc = BigInt.asUintN(this.#state.xlen, state.pc + 4n);
    return goOn;
  }

  #illegal(): HartOutcome {
    return this.#raise(Cause.illegalInstruction, BigInt(this.#instruction()));
  }

  /** The four bytes of the instruction at the program counter, which has just been decoded. */
  #instruction(): number {
    const { physical, state } = this.#host;
    const { pc } = state;
    const place = this.translate(pc, "fetch");
    if (place % 4 === 0) return physical.load32(place);
    const low = physical.load32(place - 2) >>> 16;
    const second = BigInt.asUintN(this.#state.xlen, pc + 2n);
    const rest = place % 4096 === 4094 ? this.translate(second, "fetch") : place + 2;
    return (low | (physical.load32(rest) << 16)) >>> 0;
  }

  #raise(cause: number, value: bigint): HartOutcome {
    const state = this.#state;
    const delegated = (state.value("medeleg") >> BigInt(cause)) & 1n;
    const toSupervisor = delegated === 1n && state.mode < Mode.machine;
    this.#enter(toSupervisor ? Mode.supervisor : Mode.machine, BigInt(cause), value);
    return goOn;
  }

  /** Enters the trap handler of a mode; `entry` is the number of an interrupt. */
  #enter(mode: Mode, cause: bigint, value: bigint, entry = 0): void {
    const state = this.#state;
    const { registers, xlen } = state;
    const letter = mode === Mode.machine ? "m" : "s";
    registers.write(`${letter}epc`, 0, registers.pc);
    registers.write(`${letter}cause`, 0, cause);
    registers.write(`${letter}tval`, 0, value);
    const vector = state.value(`${letter}tvec`);
    const offset = (vector & 1n) === 0n ? 0n : BigInt(4 * entry);
    registers.pc = BigInt.asUintN(xlen, (vector & ~3n) + offset);
    const enter = mode === Mode.machine ? enterMachine : enterSupervisor;
    state.change(mode, enter(state.status, state.mode));
  }

  #machineReturn(): HartOutcome {
    const state = this.#state;
    const { mode, status, registers } = state;
    if (mode !== Mode.machine) return this.#illegal();
    state.change(previousMachineMode(status), leaveMachine(status));
    registers.pc = registers.read("mepc");
    return goOn;
  }

  #supervisorReturn(): HartOutcome {
    const state = this.#state;
    const { mode, status, registers } = state;
    const isTrapped = mode === Mode.supervisor && (status & Status.tsr) !== 0;
    if (mode === Mode.user || isTrapped) return this.#illegal();
    state.change(modeOf((status & Status.spp) === 0 ? 0 : 1), leaveSupervisor(status));
    registers.pc = registers.read("sepc");
    return goOn;
  }

  #wait(): HartOutcome {
    const { mode, status, interrupts } = this.#state;
    const isTrapped = mode === Mode.supervisor && (status & Status.tw) !== 0;
    if (mode === Mode.user || isTrapped) return this.#illegal();
    this.#complete(true);
    return interrupts.isAwake ? goOn : idle;
  }

  #fence(): HartOutcome {
    const { mode, status, translation, registers } = this.#state;
    const isTrapped = mode === Mode.supervisor && (status & Status.tvm) !== 0;
    if (mode === Mode.user || isTrapped) return this.#illegal();
    const instruction = this.#instruction();
    const operand = (shift: number): bigint | undefined => {
      const register = (instruction >>> shift) & 31;
      return register === 0 ? undefined : registers.read("x", register);
    };
    translation.flush(operand(15), operand(20));
    return this.#complete(true);
  }

  /** Sees to what depends on a register that was written. */
  #changed({ changes }: ControlDefinition): void {
    const state = this.#state;
    if (changes === "modes") state.refresh();
    else if (changes === "translation") this.#configure();
    else if (changes === "timer") this.#setTimer();
  }

  /** Follows `menvcfg`. */
  #configure(): void {
    const state = this.#state;
    const configuration = state.value("menvcfg");
    const has = (bit: bigint): boolean => ((configuration >> bit) & 1n) === 1n;
    state.translation.configure(has(61n), has(62n));
    state.interrupts.useTimer(has(63n));
    state.refresh();
    this.#setTimer();
  }

  /** Has the timer interrupt come when `time` reaches `stimecmp`. */
  #setTimer(): void {
    const { interrupts } = this.#state;
    const tick = this.#state.value(timerName);
    const isOn = this.#state.value("menvcfg") >> 63n === 1n;
    const isDue = isOn && this.#host.time() >= tick;
    interrupts.setTimer(isDue);
    this.#host.alarm(timerName, isOn && !isDue ? tick : undefined, () => {
      interrupts.setTimer(true);
      if (this.isAwake) this.#host.interrupt();
    });
  }
}

interface SavedHart {
  readonly version: unknown;
  readonly life: SavedLife;
  readonly modes: ReturnType<ControlState["saveModes"]>;
  readonly interrupts: ReturnType<ControlState["interrupts"]["save"]>;
  readonly protection: ReturnType<ControlState["protection"]["save"]>;
  readonly translation: ReturnType<ControlState["translation"]["save"]>;
  readonly counters: ReturnType<ControlState["counters"]["save"]>;
  readonly values: Readonly<Record<string, string>>;
}
