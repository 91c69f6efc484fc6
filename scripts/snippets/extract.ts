/** Finds the examples in Markdown files and in docstrings. */

/** A fenced block of an example. */
export interface Snippet {
  /** The file that it stands in, relative to the repository's root. */
  readonly file: string;
  /** The line of its first line of code, from 1. */
  readonly line: number;
  /** What stands after the backticks: the language, then flags. */
  readonly language: string;
  readonly flags: readonly string[];
  readonly code: string;
}

/** The fenced blocks of a Markdown text. */
export function markdownSnippets(file: string, text: string, firstLine = 1): Snippet[] {
  const snippets: Snippet[] = [];
  let open: { indent: string; fence: string; start: number; info: string[] } | undefined;
  const lines = text.split("\n");
  for (const [index, line] of lines.entries()) {
    const [, indent = "", fence = "", info = ""] = /^(\s*)(`{3,}|~{3,})(.*)$/.exec(line) ?? [];
    if (fence === "") continue;
    if (open === undefined) {
      open = { indent, fence, start: index + 1, info: info.trim().split(/\s+/) };
    } else if (fence.startsWith(open.fence) && info.trim() === "") {
      const { start, info: opening } = open;
      const margin = open.indent.length;
      const code = lines.slice(start, index).map((body) => body.slice(margin));
      const [language = "", ...flags] = opening;
      snippets.push({ file, line: firstLine + start, language, flags, code: code.join("\n") });
      open = undefined;
    }
  }
  return snippets;
}

/** The fenced blocks in the docstrings of a TypeScript source. */
export function docstringSnippets(file: string, text: string): Snippet[] {
  return [...text.matchAll(/^[ \t]*\/\*\*[\s\S]*?\*\//gm)].flatMap((match) => {
    const firstLine = text.slice(0, match.index).split("\n").length;
    const body = match[0].replace(/^[ \t]*(\/\*\*|\* ?|\*\/)/gm, "");
    return markdownSnippets(file, body, firstLine);
  });
}
