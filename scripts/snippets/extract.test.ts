import { describe, expect, it } from "vitest";
import { consoleSteps, outputPattern, runStep } from "./console.ts";
import { docstringSnippets, markdownSnippets } from "./extract.ts";

describe("extraction", () => {
  it("finds blocks in Markdown, indented ones too", () => {
    const text = "# a\n\n```ts\nlet a;\n```\n\n- x\n  ```ts no-run\n  let b;\n    let c;\n  ```\n";
    expect(markdownSnippets("a.md", text)).toEqual([
      { file: "a.md", line: 4, language: "ts", flags: [], code: "let a;" },
      { file: "a.md", line: 9, language: "ts", flags: ["no-run"], code: "let b;\n  let c;" },
    ]);
  });

  it("finds blocks in docstrings", () => {
    const text =
      "const a = 1;\n  /**\n   * What.\n   *\n   * @example\n   * ```ts\n   * if (a) {\n   *   b();\n   * }\n   * ```\n   */\n";
    expect(docstringSnippets("a.ts", text)).toEqual([
      { file: "a.ts", line: 7, language: "ts", flags: [], code: "if (a) {\n  b();\n}" },
    ]);
  });

  it("takes console examples apart", async () => {
    const [block] = markdownSnippets(
      "a.md",
      "```console\n$ npx isovm run \\\n  a\nout 1\nout 2\n$ echo b\nb\n```\n",
    );
    if (block === undefined) throw new Error("no block");
    const [first, second] = consoleSteps(block);
    expect(first).toEqual({ command: "isovm run \\\n  a", output: "out 1\nout 2" });
    expect(second).toEqual({ command: "echo b", output: "b" });
    if (second !== undefined) expect(await runStep(second)).toBe("b");
    const piped = { ...block, code: "$ echo a | npx isovm run cat\na" };
    expect(consoleSteps(piped)).toEqual([{ command: "echo a | isovm run cat", output: "a" }]);
  });

  it("leaves other shell blocks alone", () => {
    const block = { file: "a.md", line: 1, language: "sh", flags: [] };
    expect(consoleSteps({ ...block, code: "npm start" })).toEqual([]);
    expect(consoleSteps({ ...block, code: "$ npm start" })).toEqual([]);
  });

  it("compares output up to what is left out", () => {
    expect("took 12 ms\na\nb\nend").toMatch(outputPattern("took … ms\n…\nend"));
    expect("took 12 s").not.toMatch(outputPattern("took … ms"));
  });
});
