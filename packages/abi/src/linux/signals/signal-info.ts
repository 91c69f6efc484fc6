/**
 * What a signal carries (`siginfo_t`) and its 128 bytes in guest memory.
 * @see sigaction(2), "The siginfo_t argument to a SA_SIGINFO handler"
 */
import type { DataModel } from "../layout/struct.ts";
import { struct } from "../layout/struct.ts";

/** A signal in flight. */
export type SignalInfo = SignalHeader &
  (
    | { readonly kind: "plain" }
    | { readonly kind: "sender"; readonly pid: number; readonly uid: number }
    | { readonly kind: "value"; readonly pid: number; readonly uid: number; readonly value: bigint }
    | { readonly kind: "fault"; readonly address: number }
    | {
        readonly kind: "timer";
        readonly timer: number;
        readonly overrun: number;
        readonly value: bigint;
      }
    | {
        readonly kind: "child";
        readonly pid: number;
        readonly uid: number;
        readonly status: number;
        readonly userTicks: number;
        readonly systemTicks: number;
      }
  );

interface SignalHeader {
  readonly signal: number;
  /** `si_code`. */
  readonly code: number;
}

/** `sizeof(siginfo_t)` everywhere. */
export const SIGNAL_INFO_BYTES = 128;

const header = struct({ signal: "i32", errno: "i32", code: "i32" });
const sender = struct({ pid: "i32", uid: "u32", value: "bits" });
const fault = struct({ address: "bits" });
const timer = struct({ timer: "i32", overrun: "i32", value: "bits" });
const child = struct({ pid: "i32", uid: "u32", status: "i32", utime: "long", stime: "long" });

function payload(model: DataModel, info: SignalInfo): Uint8Array {
  switch (info.kind) {
    case "plain":
      return new Uint8Array(0);
    case "sender":
      return sender.encode(model, { pid: info.pid, uid: info.uid });
    case "value":
      return sender.encode(model, info);
    case "fault":
      return fault.encode(model, info);
    case "timer":
      return timer.encode(model, info);
    case "child":
      return child.encode(model, {
        pid: info.pid,
        uid: info.uid,
        status: info.status,
        utime: info.userTicks,
        stime: info.systemTicks,
      });
  }
}

/** The guest's 128 bytes for a signal. */
export function encodeSignalInfo(model: DataModel, info: SignalInfo): Uint8Array {
  const bytes = new Uint8Array(SIGNAL_INFO_BYTES);
  bytes.set(header.encode(model, { signal: info.signal, code: info.code }));
  bytes.set(payload(model, info), payloadOffset(model));
  return bytes;
}

/** Reads what rt_sigqueueinfo(2) was given; only the members that a process may choose. */
export function decodeQueuedInfo(
  model: DataModel,
  bytes: Uint8Array,
): { code: number; pid: number; uid: number; value: bigint } {
  const { code } = header.decode(model, bytes);
  return { code, ...sender.decode(model, bytes.subarray(payloadOffset(model))) };
}

// The union holds pointers, so a 64-bit guest has 4 bytes of padding after the three ints.
function payloadOffset(model: DataModel): number {
  return model.wordBytes === 8 ? 16 : 12;
}
