/**
 * What firmware and kernels find in registers when they are entered, and what OpenSBI's `fw_dynamic`
 * finds in memory.
 *
 * @see https://github.com/riscv-software-src/opensbi/blob/master/docs/firmware/fw_dynamic.md
 * @see https://www.kernel.org/doc/html/latest/arch/riscv/boot.html
 */

/** What the firmware starts next. */
export interface FirmwareHandover {
  /** Physical address of the kernel. */
  readonly next: bigint;
  /** The hart that boots; the others wait for it. */
  readonly bootHart?: number;
}

const magic = 0x4942_534fn;
const version = 2n;
const supervisor = 1n;

/**
 * The structure `fw_dynamic_info` for firmware on harts of that width: the kernel at `next` is
 * entered in supervisor mode. Its physical address belongs into register a2.
 */
export function firmwareHandover(
  xlen: 32 | 64,
  { next, bootHart = 0 }: FirmwareHandover,
): Uint8Array {
  const wordBytes = xlen / 8;
  const words = [magic, version, next, supervisor, 0n, BigInt(bootHart)];
  const bytes = new Uint8Array(words.length * wordBytes);
  const view = new DataView(bytes.buffer);
  words.forEach((word, index) => {
    if (xlen === 64) view.setBigUint64(index * 8, word, true);
    else view.setUint32(index * 4, Number(word), true);
  });
  return bytes;
}

/** A register of a hart and its value. */
export interface EntryRegister {
  readonly file: "x";
  readonly register: number;
  readonly value: bigint;
}

/**
 * The registers that a hart enters firmware or a kernel with: a0 is its number, a1 the address of
 * the device tree, a2 that of {@link firmwareHandover}.
 */
export function entryRegisters(
  hart: number,
  deviceTree: bigint,
  handover: bigint = 0n,
): EntryRegister[] {
  const values = [BigInt(hart), deviceTree, handover];
  return values.map((value, index) => ({ file: "x", register: 10 + index, value }));
}
