/**
 * Resource limits (`rlimit`).
 * @see getrlimit(2)
 */

/** "No limit", in 64 bits. */
export const RLIM_INFINITY = 0xffff_ffff_ffff_ffffn;

/** Resources by name, in the generic numbering. */
export const resources = {
  RLIMIT_CPU: 0,
  RLIMIT_FSIZE: 1,
  RLIMIT_DATA: 2,
  RLIMIT_STACK: 3,
  RLIMIT_CORE: 4,
  RLIMIT_RSS: 5,
  RLIMIT_NPROC: 6,
  RLIMIT_NOFILE: 7,
  RLIMIT_MEMLOCK: 8,
  RLIMIT_AS: 9,
  RLIMIT_LOCKS: 10,
  RLIMIT_SIGPENDING: 11,
  RLIMIT_MSGQUEUE: 12,
  RLIMIT_NICE: 13,
  RLIMIT_RTPRIO: 14,
  RLIMIT_RTTIME: 15,
} as const;

/** How many resources there are. */
export const RESOURCE_COUNT = 16;

/** Soft and hard limit. */
export interface ResourceLimit {
  readonly soft: bigint;
  readonly hard: bigint;
}

/** The limits of one process; index by {@link resources}. Copied on fork, replaced on change. */
export type ResourceLimits = readonly ResourceLimit[];

const unlimited: ResourceLimit = { soft: RLIM_INFINITY, hard: RLIM_INFINITY };

/** The limits of the first process: what a distribution's login shell has. */
export function initialLimits(options: {
  stackBytes: number;
  files: number;
  threads: number;
}): ResourceLimits {
  const limits = Array.from({ length: RESOURCE_COUNT }, () => unlimited);
  const set = (resource: number, soft: bigint, hard: bigint): void => {
    limits[resource] = { soft, hard };
  };
  set(resources.RLIMIT_STACK, BigInt(options.stackBytes), RLIM_INFINITY);
  set(resources.RLIMIT_CORE, 0n, RLIM_INFINITY);
  set(resources.RLIMIT_NPROC, BigInt(options.threads), BigInt(options.threads));
  set(resources.RLIMIT_NOFILE, BigInt(Math.min(1024, options.files)), BigInt(options.files));
  set(resources.RLIMIT_MEMLOCK, 8n << 20n, 8n << 20n);
  set(resources.RLIMIT_SIGPENDING, 4096n, 4096n);
  set(resources.RLIMIT_MSGQUEUE, 819200n, 819200n);
  set(resources.RLIMIT_NICE, 0n, 0n);
  set(resources.RLIMIT_RTPRIO, 0n, 0n);
  return limits;
}

/** A soft limit as a number; Infinity when there is none. */
export function softLimit(limits: ResourceLimits, resource: number): number {
  const soft = limits[resource]?.soft ?? RLIM_INFINITY;
  return soft === RLIM_INFINITY ? Number.POSITIVE_INFINITY : Number(soft);
}
