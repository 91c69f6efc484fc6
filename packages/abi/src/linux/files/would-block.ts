/**
 * The error that says "not now": thrown whenever a call has to wait and caught where it does. One
 * object serves all, since capturing a stack costs more than all the rest of waiting.
 */
import { LinuxError } from "../errno.ts";

/** EAGAIN on the way from a file object to the call that will wait. */
export const wouldBlock: LinuxError = new LinuxError("EAGAIN");
