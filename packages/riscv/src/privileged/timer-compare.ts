/**
 * Sstc: the timer interrupt of supervisor mode.
 *
 * @see RISC-V Privileged 20240411, 16
 */
import type { ControlState } from "./control-state.ts";

const name = "stimecmp";

/** Has the interrupt pending while `time` has reached `stimecmp`, if `menvcfg.STCE` is set. */
export class TimerCompare {
  readonly #state: ControlState;
  readonly #due: () => void;

  /** `due` is called when the time has come. */
  constructor(state: ControlState, due: () => void) {
    this.#state = state;
    this.#due = due;
  }

  /** Sets `stimecmp`. */
  set(tick: bigint): void {
    this.#state.values.set(name, tick);
    this.update();
  }

  /** Follows `stimecmp` and `menvcfg`. */
  update(): void {
    const { interrupts, host } = this.#state;
    const tick = this.#state.value(name);
    const isOn = this.#state.value("menvcfg") >> 63n === 1n;
    const isDue = isOn && host.time() >= tick;
    interrupts.useTimer(isOn);
    interrupts.setTimer(isDue);
    host.alarm(name, isOn && !isDue ? tick : undefined, () => {
      interrupts.setTimer(true);
      this.#due();
    });
  }
}
