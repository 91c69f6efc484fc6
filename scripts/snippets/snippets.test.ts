/**
 * Every example of the documentation is true: ts blocks of README.md, docs/ and docstrings are
 * type-checked and executed (marked `no-run`: type-checked), console blocks that run isovm are
 * executed and their output compared.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { filesUnder, packageNames, root } from "../files.ts";
import { consoleSteps, outputPattern, runStep } from "./console.ts";
import { docstringSnippets, markdownSnippets } from "./extract.ts";
import { typeErrors } from "./type-check.ts";

const read = (file: string): string => readFileSync(join(root, file), "utf8");
const documents = ["README.md", ...filesUnder("docs", ".md")].filter(
  (file) => existsSync(join(root, file)) && !file.startsWith("docs/api/"),
);
const readmes = packageNames
  .map((name) => `packages/${name}/README.md`)
  .filter((file) => existsSync(join(root, file)));
const sources = packageNames
  .flatMap((name) => filesUnder(`packages/${name}/src`, ".ts"))
  .filter((file) => !file.endsWith(".test.ts"));

const snippets = [
  ...[...documents, ...readmes].flatMap((file) => markdownSnippets(file, read(file))),
  ...sources.flatMap((file) => docstringSnippets(file, read(file))),
];

/** In the repository, so that package names resolve; not in node_modules, which vitest takes for JavaScript. */
const directory = join(root, ".cache/snippets");

const modules = snippets
  .filter(({ language }) => language === "ts")
  .map((snippet) => ({
    ...snippet,
    title: `${snippet.file}:${snippet.line}`,
    path: join(directory, `${snippet.file.replaceAll(/[^\w.-]/g, "_")}.${snippet.line}.ts`),
  }));

describe.skipIf(modules.length === 0)("the examples in TypeScript", () => {
  let errors: ReadonlyMap<string, readonly string[]>;

  beforeAll(() => {
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true });
    for (const { path, line, code } of modules) {
      // Lines are numbered as in the document.
      writeFileSync(path, `${"\n".repeat(line - 1)}${code}\nexport {};\n`);
    }
    errors = typeErrors(modules.map(({ path }) => path));
  }, 120_000);

  for (const { title, path, flags } of modules) {
    it(title, async () => {
      expect(errors.get(path)?.join("\n")).toBe("");
      if (!flags.includes("no-run")) await import(/* @vite-ignore */ path);
    });
  }
});

const consoles = snippets
  .map((snippet) => ({ title: `${snippet.file}:${snippet.line}`, steps: consoleSteps(snippet) }))
  .filter(({ steps }) => steps.length > 0);

describe.skipIf(consoles.length === 0)("the examples of the command line", () => {
  for (const { title, steps } of consoles) {
    it(title, { timeout: 120_000 }, async () => {
      for (const step of steps) {
        expect(await runStep(step), step.command).toMatch(outputPattern(step.output));
      }
    });
  }
});
