/**
 * Who a process is: ids of processes, groups, sessions, users.
 * @see getpid(2), setpgid(2), setsid(2), credentials(7), setresuid(2), getgroups(2)
 */
import { LinuxError } from "../errno.ts";
import type { Identity } from "../process/credentials.ts";
import type { Process } from "../process/process.ts";
import type { SystemCallDefinition } from "./definition.ts";
import { systemCall } from "./definition.ts";
import * as kind from "./kinds.ts";
import type { SystemCall } from "./system-call.ts";

const KEEP = 0xffff_ffff;
const NGROUPS_MAX = 65536;

function processOf(call: SystemCall, pid: number): Process {
  const process = pid === 0 ? call.process : call.kernel.processes.get(pid);
  if (process === undefined || pid < 0) throw new LinuxError("ESRCH");
  return process;
}

function setpgid(call: SystemCall, pid: number, group: number): number {
  if (group < 0) throw new LinuxError("EINVAL");
  const target = processOf(call, pid);
  const isChild = target.parent === call.process;
  if (target !== call.process && !isChild) throw new LinuxError("ESRCH");
  if (isChild && target.session !== call.process.session) throw new LinuxError("EPERM");
  if (isChild && target.hasExecuted) throw new LinuxError("EACCES");
  if (target.session === target.pid) throw new LinuxError("EPERM");
  const wanted = group === 0 ? target.pid : group;
  if (wanted !== target.pid) {
    const [member] = call.kernel.groupMembers(wanted);
    if (member === undefined || member.session !== call.process.session) {
      throw new LinuxError("EPERM");
    }
  }
  target.group = wanted;
  return 0;
}

function setsid(call: SystemCall): number {
  const { process, kernel } = call;
  for (const _member of kernel.groupMembers(process.pid)) throw new LinuxError("EPERM");
  process.session = process.pid;
  process.group = process.pid;
  return process.pid;
}

interface Ids {
  readonly real: number;
  readonly effective: number;
  readonly saved: number;
}

const users = ({ uid, effectiveUid, savedUid }: Identity): Ids => ({
  real: uid,
  effective: effectiveUid,
  saved: savedUid,
});
const groups = ({ gid, effectiveGid, savedGid }: Identity): Ids => ({
  real: gid,
  effective: effectiveGid,
  saved: savedGid,
});

function setUsers(call: SystemCall, ids: Ids): number {
  call.process.identity = {
    ...call.process.identity,
    uid: ids.real,
    effectiveUid: ids.effective,
    savedUid: ids.saved,
    fileSystemUid: ids.effective,
  };
  return 0;
}

function setGroups(call: SystemCall, ids: Ids): number {
  call.process.identity = {
    ...call.process.identity,
    gid: ids.real,
    effectiveGid: ids.effective,
    savedGid: ids.saved,
    fileSystemGid: ids.effective,
  };
  return 0;
}

const isRoot = (call: SystemCall): boolean => call.process.identity.effectiveUid === 0;

/** setuid and setgid: root sets all three, others choose among their own. */
function setOne(call: SystemCall, now: Ids, id: number): Ids {
  if (id === KEEP) throw new LinuxError("EINVAL");
  if (isRoot(call)) return { real: id, effective: id, saved: id };
  if (id !== now.real && id !== now.saved) throw new LinuxError("EPERM");
  return { ...now, effective: id };
}

function setRealEffective(call: SystemCall, now: Ids, real: number, effective: number): Ids {
  const isAllowed = (id: number, among: readonly number[]): boolean =>
    id === KEEP || isRoot(call) || among.includes(id);
  if (!isAllowed(real, [now.real, now.effective])) throw new LinuxError("EPERM");
  if (!isAllowed(effective, [now.real, now.effective, now.saved])) throw new LinuxError("EPERM");
  const next = {
    real: real === KEEP ? now.real : real,
    effective: effective === KEEP ? now.effective : effective,
  };
  const savesEffective = real !== KEEP || (effective !== KEEP && next.effective !== now.real);
  return { ...next, saved: savesEffective ? next.effective : now.saved };
}

function setThree(call: SystemCall, now: Ids, wanted: Ids): Ids {
  const own = [now.real, now.effective, now.saved];
  for (const id of [wanted.real, wanted.effective, wanted.saved]) {
    if (id !== KEEP && !isRoot(call) && !own.includes(id)) throw new LinuxError("EPERM");
  }
  return {
    real: wanted.real === KEEP ? now.real : wanted.real,
    effective: wanted.effective === KEEP ? now.effective : wanted.effective,
    saved: wanted.saved === KEEP ? now.saved : wanted.saved,
  };
}

function writeThree(call: SystemCall, ids: Ids, at: readonly [number, number, number]): number {
  call.guest.writeU32(at[0], ids.real);
  call.guest.writeU32(at[1], ids.effective);
  call.guest.writeU32(at[2], ids.saved);
  return 0;
}

const three = { real: kind.id, effective: kind.id, saved: kind.id };
const threePointers = { real: kind.pointer, effective: kind.pointer, saved: kind.pointer };

/** The rows of this family. */
export const identityCalls: readonly SystemCallDefinition[] = [
  systemCall("getpid", {}, (call) => call.process.pid),
  systemCall("getppid", {}, (call) => call.process.parentPid),
  systemCall("getuid", {}, (call) => call.process.identity.uid),
  systemCall("geteuid", {}, (call) => call.process.identity.effectiveUid),
  systemCall("getgid", {}, (call) => call.process.identity.gid),
  systemCall("getegid", {}, (call) => call.process.identity.effectiveGid),
  systemCall("getpgid", { pid: kind.int }, (call, { pid }) => processOf(call, pid).group),
  systemCall("getsid", { pid: kind.int }, (call, { pid }) => processOf(call, pid).session),
  systemCall("setpgid", { pid: kind.int, group: kind.int }, (call, { pid, group }) =>
    setpgid(call, pid, group),
  ),
  systemCall("setsid", {}, (call) => setsid(call)),
  systemCall("setuid", { uid: kind.id }, (call, { uid }) =>
    setUsers(call, setOne(call, users(call.process.identity), uid)),
  ),
  systemCall("setgid", { gid: kind.id }, (call, { gid }) =>
    setGroups(call, setOne(call, groups(call.process.identity), gid)),
  ),
  systemCall("setreuid", { real: kind.id, effective: kind.id }, (call, { real, effective }) =>
    setUsers(call, setRealEffective(call, users(call.process.identity), real, effective)),
  ),
  systemCall("setregid", { real: kind.id, effective: kind.id }, (call, { real, effective }) =>
    setGroups(call, setRealEffective(call, groups(call.process.identity), real, effective)),
  ),
  systemCall("setresuid", three, (call, ids) =>
    setUsers(call, setThree(call, users(call.process.identity), ids)),
  ),
  systemCall("setresgid", three, (call, ids) =>
    setGroups(call, setThree(call, groups(call.process.identity), ids)),
  ),
  systemCall("getresuid", threePointers, (call, at) =>
    writeThree(call, users(call.process.identity), [at.real, at.effective, at.saved]),
  ),
  systemCall("getresgid", threePointers, (call, at) =>
    writeThree(call, groups(call.process.identity), [at.real, at.effective, at.saved]),
  ),
  systemCall("setfsuid", { uid: kind.id }, (call, { uid }) => {
    const { identity } = call.process;
    const own = [identity.uid, identity.effectiveUid, identity.savedUid, identity.fileSystemUid];
    if (uid !== KEEP && (isRoot(call) || own.includes(uid))) {
      call.process.identity = { ...identity, fileSystemUid: uid };
    }
    return identity.fileSystemUid;
  }),
  systemCall("setfsgid", { gid: kind.id }, (call, { gid }) => {
    const { identity } = call.process;
    const own = [identity.gid, identity.effectiveGid, identity.savedGid, identity.fileSystemGid];
    if (gid !== KEEP && (isRoot(call) || own.includes(gid))) {
      call.process.identity = { ...identity, fileSystemGid: gid };
    }
    return identity.fileSystemGid;
  }),
  systemCall("getgroups", { size: kind.int, list: kind.pointer }, (call, { size, list }) => {
    const { groups: own } = call.process.identity;
    if (size < 0 || (size !== 0 && size < own.length)) throw new LinuxError("EINVAL");
    if (size === 0) return own.length;
    for (const [index, gid] of own.entries()) call.guest.writeU32(list + 4 * index, gid);
    return own.length;
  }),
  systemCall("setgroups", { size: kind.int, list: kind.pointer }, (call, { size, list }) => {
    if (!isRoot(call)) throw new LinuxError("EPERM");
    if (size < 0 || size > NGROUPS_MAX) throw new LinuxError("EINVAL");
    const bytes = call.guest.read(list, 4 * size);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const { littleEndian } = call.guest.model;
    const own = Array.from({ length: size }, (_, index) => view.getUint32(4 * index, littleEndian));
    call.process.identity = { ...call.process.identity, groups: own };
    return 0;
  }),
];
