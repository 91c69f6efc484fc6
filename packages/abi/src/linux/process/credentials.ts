/**
 * User and group identities of a process.
 * @see credentials(7)
 */
import type { Credentials } from "../../vfs/types.ts";

/** Real, effective, saved and file-system ids, and the supplementary groups. Replaced, never changed. */
export interface Identity {
  readonly uid: number;
  readonly effectiveUid: number;
  readonly savedUid: number;
  readonly fileSystemUid: number;
  readonly gid: number;
  readonly effectiveGid: number;
  readonly savedGid: number;
  readonly fileSystemGid: number;
  readonly groups: readonly number[];
}

/** An identity that has the same ids throughout. */
export function identityOf(uid: number, gid: number, groups: readonly number[] = []): Identity {
  return {
    uid,
    effectiveUid: uid,
    savedUid: uid,
    fileSystemUid: uid,
    gid,
    effectiveGid: gid,
    savedGid: gid,
    fileSystemGid: gid,
    groups,
  };
}

/** What the file system checks. */
export function fileCredentials(identity: Identity): Credentials {
  return { uid: identity.fileSystemUid, gid: identity.fileSystemGid, groups: identity.groups };
}
