/** Runs the examples of the command line. */
import { spawn } from "node:child_process";
import { delimiter, join } from "node:path";
import { root } from "../files.ts";
import type { Snippet } from "./extract.ts";

/** A command of a console example, and what it is said to write. */
export interface ConsoleStep {
  readonly command: string;
  /** Standard output and error, mixed; `…` stands for any text within a line, or any lines. */
  readonly output: string;
}

/** The steps of a console example whose first line runs isovm, maybe behind a pipe; none of others. */
export function consoleSteps({ language, flags, code }: Snippet): ConsoleStep[] {
  const isConsole = language === "sh" || language === "console";
  if (!isConsole || flags.includes("no-run") || !/^\$ (.*\| )?(npx )?isovm( |$)/.test(code))
    return [];
  return code
    .split(/^\$ /m)
    .slice(1)
    .map((step) => {
      const [, command = "", output = ""] = /^((?:.*\\\n)*.*)\n?([\s\S]*)$/.exec(step) ?? [];
      return { command: command.replace(/\bnpx isovm\b/g, "isovm"), output: output.trimEnd() };
    });
}

/** What a command of an example writes when it is run from the repository's root. */
export async function runStep({ command }: ConsoleStep): Promise<string> {
  const path = [join(root, "node_modules/.bin"), process.env.PATH ?? ""].join(delimiter);
  const child = spawn("sh", ["-c", `{ ${command}\n} 2>&1`], {
    cwd: root,
    env: { ...process.env, PATH: path, NO_COLOR: "1", FORCE_COLOR: "0" },
    stdio: ["ignore", "pipe", "ignore"],
    timeout: 60_000,
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
  return output.trimEnd();
}

/** The pattern that a written output has to match: `…` stands for any text. */
export function outputPattern(expected: string): RegExp {
  const escaped = expected.split("\n").map((line) =>
    line.trim() === "…"
      ? "[^]*"
      : line
          .trimEnd()
          .split("…")
          .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
          .join(".*"),
  );
  return new RegExp(`^${escaped.join("[ \\t]*\\n")}[ \\t]*$`);
}
