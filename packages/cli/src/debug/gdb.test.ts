import { type AddressInfo, createServer } from "node:net";
import { assemble } from "@isovm/decoder";
import { riscvSystem } from "@isovm/riscv";
import { toElf } from "@isovm/testkit/elf";
import { hasOracles, runOracle } from "@isovm/testkit/oracle";
import { afterAll, describe, expect, it } from "vitest";
import { withSymbols } from "../elf/with-symbols.ts";
import { withGdb } from "../testing/gdb.ts";
import { program, Workplace } from "../testing/programs.ts";
import { isovm } from "../testing/test-io.ts";

const workplace = new Workplace();
afterAll(() => workplace.remove());

const store = ["--store", "off"];

/** A program with frames to look at, and no C library. */
const source = `
int depth;
int sum(int n) {
  if (n == 0) return depth;
  depth++;
  return n + sum(n - 1);
}
double half(double x) { return x / 2; }
void _start(int argc) {
  int result = sum(3);
  volatile double quarter = half(result / 2.0);
  if (argc > 1) *(volatile int*)8 = 1;
  register long a0 asm("a0") = result, a7 asm("a7") = 93;
  asm volatile("ecall" : : "r"(a0), "r"(a7));
}
`;

async function compile(): Promise<string> {
  const file = workplace.file("program.c", source);
  const path = file.replace(".c", "");
  const options = ["-g", "-O0", "-static", "-nostdlib", "-ffreestanding", "-Wl,--no-relax"];
  const { code, stderr } = await runOracle("riscv64-linux-gnu-gcc", [...options, file, "-o", path]);
  expect(`${code}${new TextDecoder().decode(stderr)}`).toBe("0");
  return path;
}

describe.skipIf(!hasOracles("gdb-multiarch", "riscv64-linux-gnu-gcc"))("GDB", () => {
  it.each(["tiered", "reference"])(
    "debugs a program of isovm run, with engine %s",
    async (engine) => {
      const path = await compile();
      const { gdb, command } = await withGdb(
        workplace.path,
        ["run", ...store, "--engine", engine, "--gdb", "0", path],
        `file ${path}`,
        `
        print $pc == &_start
        break sum if n == 1
        continue
        backtrace
        print depth
        info registers pc
        x/i $pc
        set var depth = 10
        delete
        watch depth
        continue
        delete
        finish
        break half
        continue
        print x
        print $fa0.double
        info threads
        stepi
        print (long)$pc - (long)&half
        continue`,
      );
      expect(gdb).toContain("$1 = 1\n");
      expect(gdb).toMatch(/Breakpoint 1, sum \(n=1\) at .*program.c:4/);
      expect(gdb).toMatch(
        /#0 {2}sum \(n=1\).*\n#1 .* sum \(n=2\).*\n#2 .* sum \(n=3\).*\n#3 .* _start/,
      );
      expect(gdb).toContain("$2 = 2\n");
      expect(gdb).toMatch(/Old value = 10\nNew value = 11\n/);
      expect(gdb).toMatch(/sum \(n=2\)(?:.|\n)*Value returned is \$3 = 12\n/);
      expect(gdb).toContain("$4 = 8.5\n");
      expect(gdb).toContain("$5 = 8.5\n");
      expect(gdb).toMatch(/\* 1 +Thread 100/);
      expect(gdb).toMatch(/exited with code 021\]/);
      expect(command.exitCode).toBe(17);
      expect(command.stderr).toMatch(
        /^isovm: waiting for a debugger: target remote 127.0.0.1:\d+\n$/,
      );
    },
  );

  it("shows where a program crashes, and has it die there", async () => {
    const path = await compile();
    const { gdb, command } = await withGdb(
      workplace.path,
      ["run", ...store, "--gdb", "0", path],
      `file ${path}`,
      `
      break half
      continue
      delete
      up
      set var argc = 2
      continue
      backtrace
      continue`,
    );
    expect(gdb).toContain("Program received signal SIGSEGV, Segmentation fault.");
    expect(gdb).toMatch(/_start \(argc=2\) at .*program.c:12/);
    expect(gdb).toContain("Program terminated with signal SIGSEGV, Segmentation fault.");
    expect(command.exitCode).toBe(139);
  });

  it("debugs a machine of isovm boot with two harts", async () => {
    const { isa } = riscvSystem();
    const assembly = assemble(
      isa,
      `_start: csrr s1, mhartid
       loop:   addi s0, s0, 1
               beqz s2, loop
       off:    li   t0, 0x100000
               li   t1, 0x53333
               sw   t1, 0(t0)
       hang:   j    hang`,
      { origin: 0x8000_0000n },
    );
    const firmware = workplace.file("firmware", assembly.bytes);
    const elf = toElf(assembly, { machine: 243, class: 64 });
    const symbols = workplace.file("symbols", withSymbols(elf, assembly, 64));
    const { gdb, command } = await withGdb(
      workplace.path,
      [
        "boot",
        ...store,
        "--bios",
        firmware,
        "--memory",
        "4M",
        "--harts",
        "2",
        "--gdb",
        "0",
        "--fuel",
        "1M",
      ],
      `file ${symbols}`,
      `
      info registers pc
      info threads
      break loop
      continue
      continue
      delete
      thread 1
      print $s1
      print $mhartid
      print $priv
      thread 2
      print $mhartid
      stepi
      x/2i $pc
      print/x *(int*)&_start
      set var $s2 = 1
      break off
      continue
      print $mtvec = 0x80000003
      print/x $mtvec
      delete
      continue`,
    );
    expect(gdb).toMatch(/pc +0x80000000/);
    expect(gdb).toMatch(/1 +Thread 1 \(hart 0\)(?:.|\n)*2 +Thread 2 \(hart 1\)/);
    expect(gdb).toMatch(/Thread [12] hit Breakpoint 1, .*loop \(\)/);
    expect(gdb).toContain("$1 = 0\n$2 = 0\n$3 = 3\n");
    expect(gdb).toContain("$4 = 1\n");
    expect(gdb).toMatch(/=> 0x80000004 <loop>:\tadd/);
    expect(gdb).toContain("$5 = 0xf14024f3\n");
    expect(gdb).toMatch(/Thread 2 hit Breakpoint 2, .*off \(\)/);
    // The register has its own opinion of modes.
    expect(gdb).toContain("$7 = 0x80000000\n");
    expect(gdb).toMatch(/exited with code 05\]/);
    expect(command.exitCode).toBe(5);
  });
});

describe("--gdb", () => {
  it("refuses what is no port, and one that is in use", async () => {
    const firmware = workplace.file("firmware", Uint8Array.of(0x6f, 0, 0, 0));
    const guest = workplace.file("exit", program("li a7, exit\n ecall"));
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const commands = [
      ["run", ...store, "--gdb"],
      ["boot", ...store, "--bios", firmware, "--gdb"],
    ];
    for (const command of commands) {
      const wrong = await isovm([...command, "65536", guest]);
      expect(wrong.stderr).toBe(
        'isovm: "65536" is no port: give one from 1 to 65535, or 0 for any\n',
      );
      expect(wrong.exitCode).toBe(125);
      const rest = command[0] === "run" ? [guest] : [];
      const refused = await isovm([...command, `${port}`, ...rest]);
      expect(refused.stderr).toBe(
        `isovm: --gdb: port ${port} is in use; give another one, or 0 for any\n`,
      );
      expect(refused.exitCode).toBe(125);
    }
    server.close();
  });
});
