/** A guest from Debian's packages for riscv64: kernel, firmware, initial file systems, a disk. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { EngineFactory } from "@isovm/isa-spec";
import {
  DebianFetchError,
  type DebianPackages,
  DebianUnavailableError,
  debianPackages,
  type StepListener,
} from "@isovm/testkit/debian";
import { CommandError } from "../errors.ts";
import { exitCodes } from "../exit-codes.ts";
import { hostCommand } from "./host-command.ts";
import { deviceModules, diskModules } from "./init-script.ts";
import { initramfs } from "./initramfs.ts";
import { rootDisk } from "./root-disk/root-disk.ts";

/** What {@link debianRiscv64} takes. */
export interface ImageOptions {
  /** Directory for the files; made if it isn't there. */
  readonly output: string;
  /** Debian's release. */
  readonly suite: string;
  /** Keeps the packages; undefined if there is no such directory. */
  readonly cacheDirectory: string | undefined;
  /** A disk to make; undefined for none. */
  readonly disk: DiskOptions | undefined;
  readonly onStep: StepListener;
}

/** A disk with a whole system. */
export interface DiskOptions {
  readonly sizeBytes: number;
  /** Packages beside those that such a system needs. */
  readonly include: readonly string[];
  /** What executes the machine that installs them. */
  readonly engine: EngineFactory;
}

/** The paths of what was made. */
export interface ImageFiles {
  readonly firmware: string;
  readonly kernel: string;
  /** Initial file system with a shell. */
  readonly initrd: string;
  /** Initial file system that goes on with the one on a drive. */
  readonly diskInitrd: string;
  readonly disk?: string;
}

const firmwareFile = "usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin";

/** Makes the files. @throws CommandError */
export async function debianRiscv64(options: ImageOptions): Promise<ImageFiles> {
  const { output, suite, cacheDirectory, disk, onStep } = options;
  const files = {
    firmware: join(output, "firmware"),
    kernel: join(output, "kernel"),
    initrd: join(output, "initrd"),
    diskInitrd: join(output, "initrd-disk"),
  };
  try {
    const packages = debianPackages({
      suite,
      architecture: "riscv64",
      onStep,
      ...(cacheDirectory !== undefined && { cacheDirectory }),
    });
    const firmware = await packages.package("opensbi");
    const busybox = await packages.package("busybox-static");
    const { directory, version } = await kernelPackage(packages);
    onStep("making the initial file systems");
    const initialFiles = (include: readonly string[]): Uint8Array =>
      initramfs({
        busybox: join(busybox, "usr/bin/busybox"),
        modules: join(directory, "usr/lib/modules", version),
        version,
        include,
      });
    mkdirSync(output, { recursive: true });
    copyFileSync(join(firmware, firmwareFile), files.firmware);
    copyFileSync(join(directory, "boot", `vmlinux-${version}`), files.kernel);
    writeFileSync(files.initrd, initialFiles(deviceModules));
    writeFileSync(files.diskInitrd, initialFiles([...deviceModules, ...diskModules]));
    if (!disk) return files;
    const path = join(output, "disk.raw");
    if (existsSync(path)) onStep(`${path} stays as it is: delete it to get a new one`);
    else {
      const [kernel, initrd] = [readFileSync(files.kernel), readFileSync(files.diskInitrd)];
      const made = await rootDisk({ ...disk, packages, kernel, initrd, onStep });
      // A disk that is there is taken for whole.
      const partial = `${path}.partial`;
      hostCommand("cp", ["--sparse=always", "--reflink=auto", made, partial]);
      renameSync(partial, path);
    }
    return { ...files, disk: path };
  } catch (error) {
    if (error instanceof DebianUnavailableError || error instanceof DebianFetchError) {
      throw new CommandError(error.message, exitCodes.failure, { cause: error });
    }
    throw error;
  }
}

/** The newest kernel: the package of that name has none, but depends on it. */
async function kernelPackage(
  packages: DebianPackages,
): Promise<{ readonly directory: string; readonly version: string }> {
  const metapackage = "linux-image-riscv64";
  const dependencies = await packages.dependencies(metapackage);
  const name = dependencies.find((dependency) => dependency.startsWith("linux-image-"));
  if (name === undefined) {
    throw new CommandError(`${metapackage} depends on no kernel`, exitCodes.failure);
  }
  const directory = await packages.package(name);
  const [version] = readdirSync(join(directory, "usr/lib/modules"));
  if (version === undefined) throw new CommandError(`${name} has no modules`, exitCodes.failure);
  return { directory, version };
}
