/**
 * Speed of small loops inside one process, in million guest instructions a second:
 * `npm run bench:loops -- [LOOP…] [--runs 5] [--engine tiered,interpreter]`.
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { assemble } from "@isovm/decoder";
import { interpreter, reference } from "@isovm/interpreter";
import type { EngineFactory } from "@isovm/isa-spec";
import { bareVm } from "@isovm/machine";
import { rv64 } from "@isovm/riscv";
import { tiered } from "@isovm/translator";
import { max, median, min } from "simple-statistics";
import { short, table } from "./harness/table.ts";

/** Bodies of endless loops. `s0` holds the address of memory, `ft0` to `ft2` numbers. */
const bodies: Readonly<Record<string, string>> = {
  addition: "addi a0, a0, 1\nadd a1, a1, a0\naddi a2, a2, 3\nadd a3, a3, a2",
  shifts: "slli a0, a1, 3\nxor a1, a1, a0\nsrli a2, a1, 5\nor a3, a2, a1\nand a4, a3, a1",
  words: "addw a0, a0, a1\nsllw a1, a1, a0\naddiw a2, a2, 1\nsraiw a3, a2, 2",
  branches: "andi a1, a0, 1\naddi a0, a0, 1\nbeqz a1, 1f\naddi a2, a2, 1\n1: nop",
  calls: "jal ra, 2f\naddi a0, a0, 1\nj 3f\n2: addi a1, a1, 1\nret\n3: nop",
  loads: "ld a0, 0(s0)\nlw a1, 8(s0)\nlbu a2, 17(s0)\nadd a0, a0, a1",
  stores: "sd a0, 0(s0)\nsw a1, 8(s0)\nsb a2, 17(s0)\naddi a0, a0, 1",
  multiplication: "mul a0, a0, a1\nmulhu a2, a0, a1\naddi a1, a1, 7",
  division: "addi a0, a0, 12\ndivu a2, a0, a1\nremu a3, a0, a1",
  doubles: "fadd.d ft3, ft3, ft1\nfmul.d ft4, ft3, ft2\nfsub.d ft5, ft4, ft1",
  "fused multiply-add": "fmadd.d ft3, ft1, ft2, ft0\nfmadd.d ft4, ft3, ft2, ft1",
};

const setUp = `
  lui s0, 0x100
  li a1, 3
  fcvt.d.l ft1, a1
  li t0, 7
  fcvt.d.l ft2, t0
  fdiv.d ft0, ft1, ft2
loop:
`;

const engines: Readonly<Record<string, EngineFactory>> = {
  tiered: tiered(interpreter, { now: () => performance.now() }),
  interpreter,
  reference,
};

/** Million instructions a second, after a run that lets the host compile its code. */
function measure(engine: EngineFactory, body: string, runs: number): number[] {
  const isa = rv64();
  const program = assemble(isa, `${setUp}${body}\nj loop\n`, { origin: 0x1000n });
  const memory = [{ start: 0x100000, length: 4096 }];
  const vm = bareVm({ isa, engine, program, memory });
  const slices = engine === reference ? 1 : 40;
  const slice = engine === reference ? 20_000 : 1_000_000;
  for (let count = 0; count < slices; count += 1) vm.run(slice);
  return Array.from({ length: runs }, () => {
    const start = performance.now();
    for (let count = 0; count < slices; count += 1) {
      const exit = vm.run(slice);
      if (exit.kind !== "budget") throw new Error(`the loop ended with ${exit.kind}`);
    }
    return (slices * slice) / (performance.now() - start) / 1000;
  });
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    engine: { type: "string", default: "interpreter" },
    runs: { type: "string", default: "5" },
  },
});
const names = positionals.length > 0 ? positionals : Object.keys(bodies);
const rows = [["million instructions a second", "median", "min", "max"]];
for (const engine of values.engine.split(",")) {
  const factory = engines[engine];
  if (!factory) throw new Error(`no engine ${engine}`);
  for (const name of names) {
    const body = bodies[name];
    if (body === undefined) throw new Error(`no loop ${name}`);
    const speeds = measure(factory, body, Number(values.runs));
    rows.push([
      `${engine}: ${name}`,
      short(median(speeds)),
      short(min(speeds)),
      short(max(speeds)),
    ]);
  }
}
console.log(table(rows));
console.log(`\n${values.runs} runs; Node ${process.version}`);
