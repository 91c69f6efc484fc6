/** How far an installation is, from what dpkg writes. */
import type { StepListener } from "@isovm/testkit/debian";

const stepPercent = 10;

/** Tells in tenths how much of an installation is done. */
export class InstallationProgress {
  readonly #most: number;
  readonly #onStep: StepListener;
  #count = 0;
  #told = 0;

  /** For so many packages. */
  constructor(packages: number, onStep: StepListener) {
    // Each is unpacked, and later set up.
    this.#most = 2 * packages;
    this.#onStep = onStep;
  }

  /** Takes a line of the machine's console. */
  see(line: string): void {
    if (!/^(Unpacking|Setting up) /.test(line)) return;
    this.#count += 1;
    const percent = Math.floor((100 * this.#count) / this.#most);
    if (percent < this.#told + stepPercent) return;
    this.#told = percent - (percent % stepPercent);
    this.#onStep(`installing: ${this.#told} %`);
  }
}
