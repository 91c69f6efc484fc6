/** Programs as text: layout, symbols, expressions, directives, and what is said about mistakes. */
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { disassemble } from "../disassemble/disassemble.ts";
import { bigEndianToy, toy } from "../test-isa.ts";
import { type AssembleOptions, assemble } from "./assemble.ts";
import { AssemblyError } from "./assembly-error.ts";

const bytes = (source: string, options: AssembleOptions = {}): number[] => [
  ...assemble(toy, source, options).bytes,
];

const instructions = (source: string, options: AssembleOptions = {}): string[] => {
  const program = assemble(toy, source, options);
  return disassemble(toy, program.bytes, program.base).map(({ text }) => text);
};

const mistakes = (source: string): string[] => {
  try {
    assemble(toy, source);
  } catch (error) {
    if (!(error instanceof AssemblyError)) throw error;
    return error.data.diagnostics.map(
      ({ line, column, message }) => `${line}:${column}: ${message}`,
    );
  }
  return [];
};

describe("instructions", () => {
  it.each([
    ["add r1, lr, sp", "add r1,lr,sp"],
    ["  add r1,r14,r15 # the same", "add r1,lr,sp"],
    ["addi r1, fp, -(1 << 11)", "addi r1,r13,-2048"],
    ["load r1, -4(sp)", "load r1,-4(sp)"],
    ["load r1, (sp)", "load r1,0(sp)"],
    ["lui r1, 0xfffff", "lui r1,0xfffff"],
    ["high r10, -4096", "high r10,-4096"],
    ["fadd r1, r2, r3", "fadd r1,r2,r3"],
    ["fadd r1, r2, r3, down", "fadd r1,r2,r3,down"],
    ["fence ir, 0", "fence ir,0"],
    ["fence.all", "fence.all"],
    ["status r1, mode", "status r1,mode"],
    ["status r1, 0x800 + 'A'", "status r1,0x841"],
    ["bne r1, r2, . + 8", "bne r1,r2,0x8"],
    ["nop", "addi zero,zero,0"],
    ["move r1, r2", "addi r1,r2,0"],
    ["bgt r1, r2, 0x10", "blt r2,r1,0x10"],
    ["jal 16", "jal lr,0x10"],
    ["jal r1, 16", "jal r1,0x10"],
  ])("%s", (source, text) => {
    expect(instructions(source)).toEqual([text]);
  });

  it("are read back from every disassembly", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 24 }), (image) => {
        // Ignored bits are lost in the text, so the text of the second reading is compared.
        const texts = (input: Uint8Array): string[] =>
          disassemble(toy, input, 0x1000n).map(({ text }) => text);
        const again = assemble(toy, texts(image).join("\n"), { origin: 0x1000n });
        expect(texts(again.bytes)).toEqual(texts(image));
        expect(again.bytes.length).toBe(image.length);
      }),
    );
  });
});

describe("shorthands", () => {
  it("depend on their operands", () => {
    expect(instructions("li r1, 5; li r1, 0x12345fff")).toEqual([
      "addi r1,zero,5",
      "lui r1,0x12346",
      "addi r1,r1,-1",
    ]);
  });

  it("know constants that are defined further down", () => {
    const source = "li r1, size\nend: .equ size, end - here + 0x1000\nhere: stop";
    expect(instructions(source)).toEqual(["lui r1,0x1", "addi r1,r1,0", "stop"]);
  });

  it("have labels of their own in each expansion", () => {
    const source = ["la r1, there", "la r2, there", ".org 0x1800", "there: stop"].join("\n");
    expect(instructions(source).slice(0, 4)).toEqual([
      "adr r1,0x2",
      "addi r1,r1,-2048",
      "adr r2,0x1",
      "addi r2,r2,2040",
    ]);
    expect([...assemble(toy, source).symbols.keys()]).toEqual(["there"]);
  });

  it("are tried after rows of the same name", () => {
    expect(instructions("load r1, 4(sp)\nload r1, there\nthere: stop").slice(0, 3)).toEqual([
      "load r1,4(sp)",
      "adr r1,0x0",
      "load r1,8(r1)",
    ]);
  });

  it("keep an operand's expression together", () => {
    expect(instructions("bgt r1, r2, 4 + 4 * 2")).toEqual(["blt r2,r1,0xc"]);
  });
});

describe("symbols", () => {
  it("are labels, wherever they stand", () => {
    const source = "start: jal zero, end\nb1: beq r1, r2, start\nend:";
    expect(instructions(source, { origin: 0x100n })).toEqual(["jal zero,0x108", "beq r1,r2,0x100"]);
    expect(assemble(toy, source, { origin: 0x100n }).symbols).toEqual(
      new Map([
        ["start", 0x100n],
        ["b1", 0x104n],
        ["end", 0x108n],
      ]),
    );
  });

  it("can be local: the nearest number before or after", () => {
    expect(instructions("1: jal r1, 1f\n1: jal r1, 1b\njal r1, 2f\n1: jal r1, 1b; 2:")).toEqual([
      "jal r1,0x4",
      "jal r1,0x4",
      "jal r1,0x10",
      "jal r1,0xc",
    ]);
  });

  it("can be given values, and by the caller", () => {
    expect(
      bytes(".equ a, 2\nb = a * 3\n.set c, b + outside\n.byte a, b, c", {
        symbols: { outside: 1n },
      }),
    ).toEqual([2, 6, 7]);
  });

  it("are taken apart by relocations", () => {
    expect(
      instructions("lui r1, %hi(there)\naddi r1, r1, %lo(there)\n.org 0x1802\nthere: stop").slice(
        0,
        2,
      ),
    ).toEqual(["lui r1,0x2", "addi r1,r1,-2046"]);
  });
});

describe("expressions", () => {
  it.each([
    ["1 + 2 * 3", 7],
    ["(1 + 2) * 3", 9],
    ["1 << 4 | 1", 17],
    ["0xff & ~0xf", 0xf0],
    ["7 / 2 + 7 % 2", 4],
    ["6 ^ 3", 5],
    ["'a' - '\\n'", 87],
    ["0b101 + 017", 20],
    ["- -3", 3],
    ["2f - 1b", 1],
  ])("%s", (expression, value) => {
    expect(bytes(`1: .byte ${expression}\n2:`)).toEqual([value]);
  });
});

describe("directives", () => {
  it("store numbers in the byte order of the ISA", () => {
    expect(bytes(".byte 1, -1\n.half 0x203\n.word 0x4050607\n.dword -2")).toEqual([
      ...[1, 255, 3, 2, 7, 6, 5, 4],
      ...[254, 255, 255, 255, 255, 255, 255, 255],
    ]);
    expect([...assemble(bigEndianToy, ".word 0x4050607 ; comment\nset r1, 2").bytes]).toEqual([
      ...[4, 5, 6, 7, 0x80, 0x10, 0, 2],
    ]);
  });

  it("store text and floating-point numbers", () => {
    expect(bytes('.ascii "a#b"; .asciz "\\n\\x41\\0é", ""')).toEqual([
      ...[97, 35, 98],
      ...[10, 65, 0, 0xc3, 0xa9, 0, 0],
    ]);
    expect(bytes(".float 1.5, -inf")).toEqual([0, 0, 0xc0, 0x3f, 0, 0, 0x80, 0xff]);
    expect(bytes(".double -1e3")).toEqual([0, 0, 0, 0, 0, 0x40, 0x8f, 0xc0]);
  });

  it("leave gaps", () => {
    expect(bytes(".zero 2; .space 1, 7; .fill 2, 2, 0x102")).toEqual([0, 0, 7, 2, 1, 2, 1]);
    expect(bytes(".byte 1; .org 3; .byte 2; .data; .byte 3; .balign 4; .byte 4")).toEqual([
      ...[1, 0, 0, 2, 3, 0, 0, 0, 4],
    ]);
  });

  it("fill gaps of aligned code with instructions", () => {
    expect(instructions("stop; .align 3; stop; .p2align 1")).toEqual([
      "stop",
      "inc zero,0",
      "addi zero,zero,0",
      "stop",
    ]);
    expect(bytes(".byte 1; .balign 4, 9, 2; .balign 4, 9; .byte 2")).toEqual([1, 9, 9, 9, 2]);
  });

  it("put sections one behind the other", () => {
    const program = assemble(
      toy,
      '.bss\nlast: .zero 3\n.data\n.align 2\nvalue: .word last\n.section .rodata.x, "a"\n.byte 1\n.text\nstop',
      { origin: 0x1000n },
    );
    expect([...program.bytes]).toEqual([2, 0, 1, 0, 8, 0x10, 0, 0, 0, 0, 0]);
    expect(program.sections.map(({ name, address }) => [name, address])).toEqual([
      [".text", 0x1000n],
      [".rodata.x", 0x1002n],
      [".data", 0x1004n],
      [".bss", 0x1008n],
    ]);
    const paged = assemble(toy, "stop\n.data\n.byte 1", { sectionAlignment: 0x1000 });
    expect(paged.sections.map(({ address }) => address)).toEqual([0n, 0x1000n]);
  });

  it("repeat and name statements", () => {
    const source = [
      ".macro twice what, count=1",
      "loop\\@: .byte \\what, \\count",
      ".byte \\what - 1",
      ".endm",
      "twice 5",
      ".rept 2",
      "twice 7, 3",
      ".endr",
    ];
    expect(bytes(source.join("\n"))).toEqual([5, 1, 4, 7, 3, 6, 7, 3, 6]);
  });

  it("that mean nothing here are skipped", () => {
    expect(bytes(".globl main\n.option norvc\n.type main, @function\n.byte 1")).toEqual([1]);
  });
});

describe("the line table", () => {
  it("says which bytes a line became", () => {
    expect(assemble(toy, "start:\n  stop; stop\n\n  li r1, 0x12345").lines).toEqual([
      { line: 2, address: 0n, sizeBytes: 2 },
      { line: 2, address: 2n, sizeBytes: 2 },
      { line: 4, address: 4n, sizeBytes: 8 },
    ]);
  });
});

describe("mistakes", () => {
  it.each([
    ["  add r1, r2", '1:13: expected ",", but the line ends'],
    ["ad r1, r2, r3", '1:1: expected an instruction such as add, but "ad" stands there'],
    ["add r1, q2, r3", '1:9: expected a register of file r, but "q2" stands there'],
    ["add r1, r2, r3, r4", '1:15: expected the end of the line, but "," stands there'],
    ["high r1, 4096", '1:6: expected a register of file r, r8 to r15, but "r1" stands there'],
    ["mov zero, r1", '1:5: expected a register of file r, but not zero, but "zero" stands there'],
    ["addi r1, r2, 2048", "1:14: addi: imm: 2048 is not a number from -2048 to 2047"],
    [
      "high r8, 1",
      "1:10: high: amount: 1 is not a number from -131072 to 126976, a multiple of 4096, but not 0",
    ],
    [
      "b: beq r1, r2, b + 3",
      "1:16: b{when}: to: 3 is not a distance from -4096 to 4094, a multiple of 2",
    ],
    ["jal r1, nowhere", "1:9: nowhere is not defined"],
    ["jal r1, 1b", "1:9: there is no label 1: before this line"],
    ["fadd r1, r2, r3, up", '1:18: expected one of near, down, any, but "up" stands there'],
    ["fence x, r", '1:7: expected a set of the letters iorw, or 0, but "x" stands there'],
    ["li r1, there\nthere: stop", "1:4: a constant"],
    ["addi r1, r2, %far2(x)", '1:14: expected a relocation, but "%far2" stands there'],
    ["a: stop\n a: stop", "2:2: the label a stands twice"],
    [".bytes 1", '1:1: expected a directive such as .byte, but ".bytes" stands there'],
    [".byte 256", "1:7: 256 does not fit 1 bytes"],
    [".byte 1 / 0", "1:9: division by zero"],
    [".byte 1 2", '1:9: expected the end of the line, but "2" stands there'],
    [".ascii 1", '1:8: expected a string in double quotes, but "1" stands there'],
    [".zero 4; .org 2", "1:15: .org goes back from offset 4 of .text to 2"],
    [".zero 1 << 40", "1:7: the program is larger than 67108864 bytes"],
    [".bss; .byte 1", "1:13: .bss holds zeros only"],
    ["addi r1, r2, %near(a)\na: stop", "1:14: %near takes the label of an instruction with %far"],
    ["bgt r1, q, 8", /^1:5: expected .* \(in "blt q, r1, 8", which this stands for\)$/],
    [".macro x\nx\n.endm\nx", "4:1: macros expand without an end"],
    ["add r1, r2, \u0001", '1:13: expected a register of file r, but "\u0001" stands there'],
  ])("%s", (source, mistake) => {
    const [first] = mistakes(source);
    if (typeof mistake === "string") expect(first).toBe(mistake);
    else expect(first).toMatch(mistake);
  });

  it("are reported together, with their lines", () => {
    expect(() => assemble(toy, "stop\nstip\n\tadd r1\n")).toThrow(
      [
        '2:1: expected an instruction such as stop, but "stip" stands there',
        "  stip",
        "  ^",
        '3:8: expected ",", but the line ends',
        "  \tadd r1",
        "  \t      ^",
      ].join("\n"),
    );
  });

  test.prop([
    fc.array(
      fc.oneof(
        fc.constantFrom(
          ..."add addi li r1 r2 , ( ) 1 1b 1f %hi %lo + - * / << : ; # \" ' . .byte .org .align \\ \n".split(
            " ",
          ),
        ),
        fc.string({ unit: "binary", maxLength: 4 }),
      ),
    ),
  ])("never break the assembler", (words) => {
    try {
      assemble(toy, words.join(" "));
    } catch (error) {
      expect(error).toBeInstanceOf(AssemblyError);
    }
  });
});
