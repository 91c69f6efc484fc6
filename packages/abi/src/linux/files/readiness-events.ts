/** Readiness as `poll` and `epoll` event bits. */
import type { Readiness } from "../../vfs/types.ts";
import { pollEvents } from "../constants/files.ts";

const { POLLIN, POLLOUT, POLLERR, POLLHUP, POLLRDNORM, POLLWRNORM, POLLRDHUP } = pollEvents;

/** Bits that are reported whether or not they were asked for. */
export const ALWAYS_REPORTED: number = POLLERR | POLLHUP;

/** The event bits for what a file is ready for. */
export function eventBits({ readable, writable, hangup, error }: Readiness): number {
  return (
    (readable ? POLLIN | POLLRDNORM : 0) |
    (writable ? POLLOUT | POLLWRNORM : 0) |
    (hangup ? POLLHUP | POLLRDHUP : 0) |
    (error ? POLLERR : 0)
  );
}
