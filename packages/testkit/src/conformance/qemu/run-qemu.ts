/** Runs an oracle executable under QEMU's user-mode emulation. */
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { IsovmError } from "@isovm/isa-spec";
import { runOracle } from "../../oracle/index.ts";
import type { Executable } from "./executable.ts";
import { outputBytes } from "./layout.ts";

/** QEMU ended otherwise than the executable says. */
export class QemuError extends IsovmError<{ readonly signal: string | null }> {}

/**
 * Extensions of QEMU's hart: those of the rows. Zbc and others that QEMU has by default would make
 * instructions of what isovm's ISA calls illegal.
 */
const features = "zba=true,zbb=true,zbc=false,zbs=true";

/** What the executable writes. */
export async function runInQemu(width: 32 | 64, executable: Executable): Promise<Uint8Array> {
  const directory = await mkdtemp(join(tmpdir(), "isovm-qemu-"));
  try {
    const path = join(directory, "programs");
    await writeFile(path, executable.file);
    await chmod(path, 0o755);
    const result = await runOracle(`qemu-riscv${width}`, ["-cpu", `rv${width},${features}`, path]);
    const { code, signal, stdout, stderr } = result;
    if (code !== 0 || stdout.length !== outputBytes(executable.tests.length)) {
      const said = new TextDecoder().decode(stderr).trim();
      throw new QemuError(
        `QEMU ended with ${signal ?? code} after ${stdout.length} bytes of output: ${said}`,
        { signal },
      );
    }
    return stdout;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
