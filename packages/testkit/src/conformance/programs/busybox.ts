/** Shell scripts under Debian's static busybox: in isovm, and natively to compare with. */
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EngineFactory, Isa } from "@isovm/isa-spec";
import { debianPackage } from "../../debian/index.ts";
import { type ProgramRun, runProgram } from "./run-program.ts";

/** What a script did. */
export interface ScriptResult {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Debian's names of the architectures that Node.js runs on. */
const architectures: Readonly<Partial<Record<string, string>>> = { x64: "amd64", arm64: "arm64" };

/** Whether this machine can run a busybox of the same version itself. */
export const hasNativeBusybox: boolean =
  process.platform === "linux" && process.arch in architectures;

/** Applets that programs look up on `PATH`. */
const applets = ["busybox", "gzip", "sh"];

const environment = { LC_ALL: "C", TZ: "UTC" };

/** The path of busybox for an architecture of Debian. */
export async function busyboxPath(architecture = "riscv64"): Promise<string> {
  const directory = await debianPackage("busybox-static", { architecture });
  return join(directory, "usr/bin/busybox");
}

/** What the script does in isovm, in an empty directory. */
export async function scriptInVm(
  script: string,
  isa: Isa,
  engine?: EngineFactory,
): Promise<ProgramRun> {
  const contents = await readFile(await busyboxPath());
  return runProgram({
    isa,
    ...(engine && { engine }),
    program: "/bin/busybox",
    args: ["sh", "-c", script],
    environment: { ...environment, PATH: "/bin" },
    workingDirectory: "/tmp",
    files: {
      "bin/busybox": { contents, mode: 0o755 },
      ...Object.fromEntries(applets.slice(1).map((name) => [`bin/${name}`, { target: "busybox" }])),
    },
  });
}

/** What the script does on this machine, in an empty directory. */
export async function scriptOnHost(script: string): Promise<ScriptResult> {
  const busybox = await busyboxPath(architectures[process.arch]);
  const directory = await mkdtemp(join(tmpdir(), "isovm-"));
  try {
    const bin = join(directory, "bin");
    const work = join(directory, "work");
    await mkdir(bin);
    await mkdir(work);
    for (const name of applets) await symlink(busybox, join(bin, name));
    const child = spawn(busybox, ["sh", "-c", script], {
      cwd: work,
      env: { ...environment, PATH: bin },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 60_000,
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", resolve);
    });
    return { code: code ?? undefined, stdout, stderr };
  } finally {
    await rm(directory, { recursive: true });
  }
}
