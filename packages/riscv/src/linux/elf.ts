/**
 * The RISC-V part of an ELF header.
 *
 * @see RISC-V ELF psABI 1.0, 8.1 (file header)
 */

/** `EM_RISCV`. */
export const machineNumber = 243;

const flag = { rve: 0x8 } as const;
const floatAbiMask = 0x6;
const quadFloatAbi = 0x6;

/** Why a file with these `e_flags` can't run here, if so. */
export function flagsProblem(flags: number): string | undefined {
  if (flags & flag.rve) return "it is for RVE, with 16 integer registers";
  if ((flags & floatAbiMask) === quadFloatAbi) {
    return "it uses the quad-precision floating-point calling convention";
  }
  return undefined;
}

/** AT_HWCAP: bit n for the extension of the n-th letter. */
export const hardwareCapabilities: bigint = [..."imafdc"]
  .map((letter) => 1n << BigInt(letter.charCodeAt(0) - "a".charCodeAt(0)))
  .reduce((all, bit) => all | bit, 0n);
