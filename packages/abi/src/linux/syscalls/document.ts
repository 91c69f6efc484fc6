/**
 * The system-call table as a page of the documentation.
 */
import { asmGenericNumbers, nameIn32Bit } from "../constants/asm-generic.ts";
import type { SystemCallDefinition } from "./definition.ts";
import { systemCallFamilies } from "./table.ts";

const introduction = `# System calls

The Linux personality of \`@isovm/abi\` answers these system calls. **full** means all that a program
can observe within the machine; **partial** names what is missing; **stub** is accepted without
effect, or refused as a kernel without that feature would. Every other call gives \`ENOSYS\`, and the
observer is told. Numbers are those of the generic table, which riscv64 and riscv32 share; a dash
means that ports of that width don't have the call.

This page is generated from the table: \`npx vitest run packages/abi/src/linux/syscalls -u\`.
`;

/** The page in Markdown. */
export function documentSystemCalls(): string {
  const numbers64 = asmGenericNumbers(8);
  const numbers32 = asmGenericNumbers(4);
  const row = ({ name, parameters, support, note }: SystemCallDefinition): string => {
    const names = parameters.map(([parameter]) => parameter).join(", ");
    const number64 = numbers64[name] ?? "–";
    const number32 = numbers32[nameIn32Bit(name)] ?? "–";
    return `| \`${name}(${names})\` | ${number64} | ${number32} | ${support} | ${note} |`;
  };
  const sections = systemCallFamilies.map(({ title, calls }) =>
    [
      `## ${title}`,
      "",
      "| call | 64-bit | 32-bit | support | note |",
      "| --- | --: | --: | --- | --- |",
      ...[...calls].sort((a, b) => a.name.localeCompare(b.name)).map(row),
      "",
    ].join("\n"),
  );
  const total = systemCallFamilies.reduce((sum, { calls }) => sum + calls.length, 0);
  return `${introduction}\n${total} calls.\n\n${sections.join("\n")}`;
}
