/** Register by register over single steps: isovm's debugger interface and QEMU's. */
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { linux } from "@isovm/abi";
import { assemble } from "@isovm/decoder";
import { interpreter } from "@isovm/interpreter";
import { GdbStub, ProcessDebugger, processDebugTarget, processVm } from "@isovm/machine";
import { linuxRiscv64, rv64 } from "@isovm/riscv";
import { describe, expect, it } from "vitest";
import { toElf } from "../../elf/index.ts";
import { hasOracles, oracle } from "../../oracle/index.ts";
import { RemoteGuest } from "./remote-guest.ts";

const isa = rv64();

/** Sets every register first: what they are when a program starts isn't the ISA's. */
const source = `
_start:
${Array.from({ length: 31 }, (_, index) => `  li x${index + 1}, ${0x1234 * (index + 1)}`).join("\n")}
  la   sp, data
  fcvt.d.l fa0, a0
  fcvt.s.l ft1, a1
  li   s0, 6
loop:
  mul  a2, a0, s0
  div  a3, a2, a1
  remw a4, a3, s0
  amoadd.d a5, a2, (sp)
  lr.w a6, (sp)
  sc.w a7, s0, (sp)
  fld  fa1, 0(sp)
  fmadd.d fa0, fa0, fa0, fa1
  fdiv.s ft1, ft1, ft1
  fsqrt.d fa2, fa0
  csrr t0, fcsr
  fsd  fa2, 8(sp)
  lhu  t1, 9(sp)
  sh   t1, 17(sp)
  clz  t2, a2
  sh2add t3, t2, a3
  c.addi s0, -1
  bnez s0, loop
  jal  leaf
  li   a0, 3
  li   a7, 93
  ecall
leaf:
  xor  a0, a0, a1
  ret
  .data
data: .dword 0x123456789abcdef0, 7, 9, 11
`;

/** QEMU's numbers: the program counter behind x0 to x31, then f0 to f31. Ours are the same. */
const [pc, firstFloat] = [32, 33];

/** All registers, and which signal or end the last step gave. */
async function observe(guest: RemoteGuest, stop: string): Promise<string> {
  if (!stop.startsWith("T05")) return stop;
  const integers = (await guest.ask("g")).slice(0, 16 * (pc + 1));
  const floats: string[] = [];
  for (let index = 0; index < 32; index += 1) {
    floats.push(await guest.ask(`p${(firstFloat + index).toString(16)}`));
  }
  return [...(integers.match(/.{16}/g) ?? []), ...floats].join("\n");
}

describe.skipIf(!hasOracles("qemu-riscv64"))("single steps", () => {
  it("leave the registers that QEMU has after each", async () => {
    const assembly = assemble(isa, source, { origin: 0x10000n, sectionAlignment: 4096 });
    const contents = toElf(assembly, { machine: 243, class: 64 });
    const directory = mkdtempSync(join(tmpdir(), "isovm-"));
    const path = join(directory, "guest");
    writeFileSync(path, contents);
    chmodSync(path, 0o755);
    const place = join(directory, "socket");
    const child = spawn(oracle("qemu-riscv64"), ["-g", place, path], { stdio: "ignore" });

    const vm = processVm({
      isa,
      engine: interpreter,
      abi: linux({ binding: linuxRiscv64, files: { "bin/guest": { contents, mode: 0o755 } } }),
    });
    vm.abi.start({ program: "/bin/guest", arguments: ["guest"], environment: [] });
    const process = {
      threads: () => vm.abi.init?.threads.values() ?? [],
      auxiliaryVector: () => undefined,
    };
    const stub = new GdbStub(processDebugTarget(vm, process));
    const server = createServer({ noDelay: true }, (socket) => {
      stub.connect((bytes) => socket.write(bytes));
      socket.on("data", (bytes) => stub.receive(bytes));
      socket.on("close", () => stub.disconnect());
      socket.on("error", () => undefined);
    });
    const port = await new Promise<number>((resolve) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address();
        resolve(typeof address === "object" && address ? address.port : 0);
      });
    });
    const runner = new ProcessDebugger(vm, process, stub, () => undefined);
    const end = (async () => {
      for (;;) {
        const result = await runner.runFor(1000);
        if (result.kind === "exited") stub.ended(result);
        if (result.kind !== "fuel") return result;
      }
    })();

    const [ours, qemu] = [await RemoteGuest.connect(port), await RemoteGuest.connect(place)];
    try {
      // Before it is asked for a description, QEMU gives no floating-point registers.
      await qemu.ask("qXfer:features:read:target.xml:0,fff");
      let steps = 0;
      for (; steps < 1000; steps += 1) {
        const [left, right] = [await ours.ask("s"), await qemu.ask("s")];
        const seen = await observe(ours, left);
        const expected = await observe(qemu, right);
        if (!left.startsWith("T05")) {
          expect([left, right]).toEqual(["W03", "W03"]);
          break;
        }
        if (steps >= 62) expect(seen, `after ${steps + 1} steps`).toBe(expected);
      }
      expect(steps).toBeGreaterThan(150);
      expect(await end).toEqual({ kind: "exited", code: 3 });
    } finally {
      ours.close();
      qemu.close();
      server.close();
      child.kill("SIGKILL");
      rmSync(directory, { recursive: true });
    }
  });
});
