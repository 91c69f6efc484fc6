import { expect, it } from "vitest";
import { entryRegisters, firmwareHandover } from "./firmware-handover.ts";

it("lays fw_dynamic_info out in words of the hart", () => {
  const options = { next: 0x8040_0000n, bootHart: 3 };
  const wide = new BigUint64Array(firmwareHandover(64, options).buffer);
  expect([...wide]).toEqual([0x4942534fn, 2n, 0x8040_0000n, 1n, 0n, 3n]);
  const narrow = new Uint32Array(firmwareHandover(32, options).buffer);
  expect([...narrow]).toEqual([0x4942534f, 2, 0x8040_0000, 1, 0, 3]);
});

it("gives a hart its number, the device tree and the handover in a0 to a2", () => {
  expect(entryRegisters(2, 5n, 6n)).toEqual([
    { file: "x", register: 10, value: 2n },
    { file: "x", register: 11, value: 5n },
    { file: "x", register: 12, value: 6n },
  ]);
});
