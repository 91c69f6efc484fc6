/** Code that changes at moments when a translator knows more of it than the interpreter executed. */
import { interpreter } from "@isovm/interpreter";
import { rv64 } from "@isovm/riscv";
import { tiered } from "@isovm/translator";
import { describe, it } from "vitest";
import { riscvProfile } from "../profiles/riscv.ts";
import { encodeNamed } from "../profiles/rows.ts";
import { codeStart, pageBytes } from "../program/layout.ts";
import { check } from "../suite/framework.ts";
import { Scene } from "../suite/scene.ts";

const isa = rv64();
const profile = riscvProfile(isa);
const other = codeStart + pageBytes;
const nop = encodeNamed(isa, "addi", { rd: 0, rs1: 0, imm: 0 });
const set = (value: number) => encodeNamed(isa, "addi", { rd: 10, rs1: 0, imm: value });
const registerOf = (scene: Scene): bigint => scene.read({ file: "x", register: 10 });

describe("code in a page where nothing was executed", () => {
  // Registers begin with different values.
  const branch = encodeNamed(isa, "beq", { rs1: 11, rs2: 12, imm: pageBytes - nop.sizeBytes });
  const jump = encodeNamed(isa, "jal", { rd: 0, imm: pageBytes - 4 * nop.sizeBytes });

  it.each([false, true])(
    "is read when it is executed, not before; with cold code: %s",
    (coldCode) => {
      const scene = new Scene(
        profile,
        tiered(interpreter, { threshold: 0, samplePeriod: 1, coldCode }),
      );
      scene.reset();
      scene.place(codeStart, [nop, branch, profile.exit, nop, jump]);
      scene.place(other, [set(1), nop, profile.exit]);
      const behind = codeStart + nop.sizeBytes + branch.sizeBytes;
      for (let round = 0; round < 3; round += 1) scene.runToExit(codeStart, behind);
      scene.place(other, [set(2)]);
      for (let round = 0; round < 3; round += 1) {
        scene.runToExit(behind + profile.exit.sizeBytes, other + 2 * nop.sizeBytes);
        check("the register set", registerOf(scene), 2n);
      }
    },
  );

  it("may change while a region of it waits to be translated", () => {
    const back = encodeNamed(isa, "jal", { rd: 0, imm: -branch.sizeBytes });
    const options = { threshold: 0.01, samplePeriod: 1, coldCode: true };
    const factory = tiered(interpreter, options);
    for (let delay = 1; delay < 80; delay += 1) {
      const scene = new Scene(profile, factory);
      scene.reset();
      scene.place(codeStart, [nop, branch, back]);
      scene.place(other, [set(1), nop, profile.exit]);
      const { engine } = scene.bench;
      engine.state.pc = BigInt(codeStart);
      engine.run(delay);
      scene.place(other, [set(2)]);
      engine.run(500);
      // Now the region's branch is taken.
      const equal = scene.read({ file: "x", register: 12 });
      scene.write({ file: "x", register: 11 }, equal);
      scene.runToExit(Number(engine.state.pc), other + 2 * nop.sizeBytes);
      check(`the register set, after ${delay} instructions`, registerOf(scene), 2n);
      check("regions", `${engine.statistics().regions}`, "1");
    }
  });
});
