/** `/proc/[pid]/mounts` and `mountinfo`. @see proc_pid_mounts(5), proc_pid_mountinfo(5) */
import { majorOf, minorOf } from "../../vfs/mode.ts";
import type { Mount } from "../../vfs/types.ts";
import type { Kernel } from "../kernel.ts";
import type { Thread } from "../process/thread.ts";

// White space and backslashes in paths are octal.
function escaped(path: string): string {
  return path.replace(/[ \t\n\\]/g, (character) => {
    const code = character.charCodeAt(0).toString(8).padStart(3, "0");
    return `\\${code}`;
  });
}

function target(kernel: Kernel, thread: Thread | undefined, mount: Mount): string {
  const { mountPoint } = mount;
  if (mountPoint === undefined) return "/";
  return escaped(kernel.vfs.pathOf(mountPoint, thread?.fileSystem.root));
}

/** `/proc/[pid]/mounts`. */
export function mountTable(kernel: Kernel, thread: Thread | undefined): string {
  return kernel.vfs
    .mounts()
    .map((mount) => {
      const options = `${mount.readOnly ? "ro" : "rw"},relatime`;
      const place = target(kernel, thread, mount);
      return `${escaped(mount.source)} ${place} ${mount.fileSystem.type} ${options} 0 0\n`;
    })
    .join("");
}

/** `/proc/[pid]/mountinfo`. */
export function mountInfo(kernel: Kernel, thread: Thread | undefined): string {
  return kernel.vfs
    .mounts()
    .map((mount) => {
      const access = mount.readOnly ? "ro" : "rw";
      const parent = mount.mountPoint?.mount.id ?? mount.id;
      const { dev } = mount.root.inode.stat();
      const place = target(kernel, thread, mount);
      const { type } = mount.fileSystem;
      const source = escaped(mount.source);
      return `${mount.id} ${parent} ${majorOf(dev)}:${minorOf(dev)} / ${place} ${access},relatime - ${type} ${source} ${access}\n`;
    })
    .join("");
}
