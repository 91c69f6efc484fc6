/** A guest from Debian's packages for riscv64: kernel, firmware, initial file system. */
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  DebianFetchError,
  type DebianPackages,
  DebianUnavailableError,
  debianPackages,
  type StepListener,
} from "@isovm/testkit/debian";
import { CommandError } from "../errors.ts";
import { exitCodes } from "../exit-codes.ts";
import { deviceModules, diskModules } from "./init-script.ts";
import { initramfs } from "./initramfs.ts";

/** What {@link debianRiscv64} takes. */
export interface ImageOptions {
  /** Directory for the files; made if it isn't there. */
  readonly output: string;
  /** Debian's release. */
  readonly suite: string;
  /** Keeps the packages; undefined if there is no such directory. */
  readonly cacheDirectory: string | undefined;
  readonly onStep: StepListener;
}

/** The paths of what was made. */
export interface ImageFiles {
  readonly firmware: string;
  readonly kernel: string;
  /** Initial file system with a shell. */
  readonly initrd: string;
  /** Initial file system that goes on with the one on a drive. */
  readonly diskInitrd: string;
}

const firmwareFile = "usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin";

/** Makes the files. @throws CommandError */
export async function debianRiscv64(options: ImageOptions): Promise<ImageFiles> {
  const { output, suite, cacheDirectory, onStep } = options;
  const files: ImageFiles = {
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
    return files;
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
