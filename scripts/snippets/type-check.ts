/** Type-checks all examples in one program. */
import { join } from "node:path";
import ts from "typescript";
import { root } from "../files.ts";

/** The type errors of each of the files, a line each; packages are resolved to their sources. */
export function typeErrors(files: readonly string[]): Map<string, string[]> {
  const base = join(root, "tsconfig.base.json");
  const { config } = ts.readConfigFile(base, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram([...files], {
    ...options,
    declaration: false,
    isolatedDeclarations: false,
  });
  return new Map(
    files.map((file) => {
      const source = program.getSourceFile(file);
      const diagnostics =
        source === undefined
          ? []
          : [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
      return [file, diagnostics.map(describeDiagnostic)];
    }),
  );
}

function describeDiagnostic({ file, start, messageText }: ts.Diagnostic): string {
  const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start ?? 0).line + 1;
  return `line ${line}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
}
