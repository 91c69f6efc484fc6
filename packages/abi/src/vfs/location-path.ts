/** The path of a location: the way up to a root, read backwards. */
import type { Location } from "./types.ts";

/**
 * The absolute path of a location below `root`; with ` (deleted)` after it if its name was
 * removed, and `(unreachable)` before it if it isn't below `root`.
 * @see getcwd(2), proc_pid_fd(5)
 */
export function locationPath(location: Location, root: Location): string {
  const parts: string[] = [];
  let { mount, dentry } = location;
  let prefix = "";
  while (mount !== root.mount || dentry !== root.dentry) {
    if (dentry !== mount.root && dentry.parent !== undefined) {
      parts.push(dentry.name);
      dentry = dentry.parent;
    } else if (mount.mountPoint !== undefined) {
      ({ mount, dentry } = mount.mountPoint);
    } else {
      prefix = "(unreachable)";
      break;
    }
  }
  const suffix = location.dentry.removed ? " (deleted)" : "";
  return `${prefix}/${parts.reverse().join("/")}${suffix}`;
}
