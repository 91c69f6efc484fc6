/** `/proc/[pid]/maps` and `statm`. @see proc_pid_maps(5) */
import type { Region } from "../address-space.ts";
import { PAGE_SIZE, Protection } from "../address-space.ts";
import type { Process } from "../process/process.ts";

// The column at which names start.
const NAME_COLUMN = 73;

/** `/proc/[pid]/maps`. */
export function memoryMaps(process: Process): string {
  if (process.zombie) return "";
  return [...process.memory.space.regions()].map(regionLine).join("");
}

function regionLine(region: Region): string {
  const { start, end, protection, shared, source } = region;
  const hex = (value: number): string => value.toString(16).padStart(8, "0");
  const rights = [
    (protection & Protection.read) !== 0 ? "r" : "-",
    (protection & Protection.write) !== 0 ? "w" : "-",
    (protection & Protection.execute) !== 0 ? "x" : "-",
    shared ? "s" : "p",
  ].join("");
  const inode = source?.inode ?? 0;
  const head = `${hex(start)}-${hex(end)} ${rights} ${hex(region.sourceOffset)} 00:00 ${inode} `;
  const name = region.name ?? source?.name ?? "";
  return name === "" ? `${head}\n` : `${head.padEnd(NAME_COLUMN)}${name}\n`;
}

/** `/proc/[pid]/statm`, in pages. */
export function memoryPages(process: Process): string {
  if (process.zombie) return "0 0 0 0 0 0 0\n";
  const { space, layout } = process.memory;
  const size = space.mappedBytes / PAGE_SIZE;
  const resident = space.residentBytes / PAGE_SIZE;
  const text = Math.ceil((layout.codeEnd - layout.codeStart) / PAGE_SIZE);
  return `${size} ${resident} 0 ${text} 0 ${size - text} 0\n`;
}
