/**
 * The frame that a signal handler runs on: `siginfo_t` and `ucontext_t` on the guest's stack, and
 * the way back from it.
 * @see sigreturn(2), sigaltstack(2)
 */
import { GuestFault } from "../address-space.ts";
import type { LinuxBinding } from "../binding.ts";
import { signalActionFlags } from "../constants/signals.ts";
import type { Kernel } from "../kernel.ts";
import type { Struct } from "../layout/struct.ts";
import { struct } from "../layout/struct.ts";
import type { AlternateStack, Thread } from "../process/thread.ts";
import type { SignalAction } from "./actions.ts";
import type { SignalInfo } from "./signal-info.ts";
import { encodeSignalInfo, SIGNAL_INFO_BYTES } from "./signal-info.ts";
import { unblockable } from "./signal-set.ts";

const stackMembers = { address: "pointer", flags: "i32", sizeBytes: "word" } as const;
/** `stack_t`. */
export const stackStruct: Struct<typeof stackMembers> = struct(stackMembers);
/** `stack_t.ss_flags` bits. */
export const SS_ONSTACK = 1;
export const SS_DISABLE = 2;

const head = struct({ flags: "word", link: "pointer", stack: stackStruct });
// Linux reserves room for 1024 signals in ucontext_t.
const MASK_RESERVE_BYTES = 128;
const MASK_BYTES = 8;

interface ContextOffsets {
  readonly mask: number;
  readonly machine: number;
  readonly size: number;
}

function contextOffsets({ model, signalContext }: LinuxBinding): ContextOffsets {
  const start = head.sizeOf(model);
  const align = (offset: number, to: number): number => Math.ceil(offset / to) * to;
  const { alignment, sizeBytes, order } = signalContext;
  if (order === "maskFirst") {
    const machine = align(start + MASK_RESERVE_BYTES, alignment);
    return { mask: start, machine, size: align(machine + sizeBytes, alignment) };
  }
  const machine = align(start, alignment);
  const mask = align(machine + sizeBytes, model.wordBytes);
  return { mask, machine, size: align(mask + MASK_BYTES, alignment) };
}

/** Whether a stack pointer is on the alternate stack. */
export function isOnStack(stack: AlternateStack, stackPointer: number): boolean {
  return (
    stack.sizeBytes > 0 &&
    stackPointer > stack.address &&
    stackPointer <= stack.address + stack.sizeBytes
  );
}

/** Stores a frame and lets the thread enter the handler. @throws GuestFault when the stack has no room. */
export function pushSignalFrame(
  kernel: Kernel,
  thread: Thread,
  info: SignalInfo,
  action: SignalAction,
): void {
  const { binding } = kernel;
  const { model } = binding;
  const { cpu, alternateStack: alternate } = thread;
  const { guest, layout } = thread.process.memory;
  const offsets = contextOffsets(binding);

  const stackPointer = Number(binding.getStackPointer(cpu));
  const wasOnStack = isOnStack(alternate, stackPointer);
  const usesStack =
    !wasOnStack && alternate.sizeBytes > 0 && (action.flags & signalActionFlags.SA_ONSTACK) !== 0;
  const top = usesStack
    ? alternate.address + alternate.sizeBytes
    : stackPointer - binding.redZoneBytes;
  const align = Math.max(binding.stackAlignment, binding.signalContext.alignment);
  const contextAt = Math.ceil(SIGNAL_INFO_BYTES / align) * align;
  const frame = Math.floor((top - contextAt - offsets.size) / align) * align;
  if (frame < 0 || ((wasOnStack || usesStack) && frame < alternate.address)) {
    throw new GuestFault(Math.max(0, frame), "write", "unmapped");
  }

  const bytes = new Uint8Array(contextAt + offsets.size);
  bytes.set(encodeSignalInfo(model, info));
  bytes.set(
    head.encode(model, {
      stack: {
        address: alternate.address,
        flags: alternate.sizeBytes === 0 ? SS_DISABLE : wasOnStack ? SS_ONSTACK : 0,
        sizeBytes: alternate.sizeBytes,
      },
    }),
    contextAt,
  );
  const view = new DataView(bytes.buffer);
  view.setBigUint64(
    contextAt + offsets.mask,
    thread.maskToRestore ?? thread.mask,
    model.littleEndian,
  );
  binding.signalContext.save(cpu, new DataView(bytes.buffer, contextAt + offsets.machine));
  guest.write(frame, bytes);

  thread.maskToRestore = undefined;
  const hasRestorer = binding.hasRestorer && (action.flags & signalActionFlags.SA_RESTORER) !== 0;
  binding.enterHandler(cpu, {
    handler: action.handler,
    signal: info.signal,
    stackPointer: frame,
    infoAddress: frame,
    contextAddress: frame + contextAt,
    returnAddress: hasRestorer ? Number(action.restorer) : layout.signalTrampoline,
  });
}

/** Undoes {@link pushSignalFrame}. Gives false when the frame makes no sense: SIGSEGV. */
export function popSignalFrame(kernel: Kernel, thread: Thread): boolean {
  const { binding } = kernel;
  const { model } = binding;
  const { cpu } = thread;
  const { guest } = thread.process.memory;
  const offsets = contextOffsets(binding);
  const align = Math.max(binding.stackAlignment, binding.signalContext.alignment);
  const contextAt =
    Number(binding.getStackPointer(cpu)) + Math.ceil(SIGNAL_INFO_BYTES / align) * align;
  let bytes: Uint8Array;
  try {
    bytes = guest.read(contextAt, offsets.size);
  } catch (error) {
    if (error instanceof GuestFault) return false;
    throw error;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const machine = new DataView(
    bytes.buffer,
    bytes.byteOffset + offsets.machine,
    binding.signalContext.sizeBytes,
  );
  if (!binding.signalContext.restore(cpu, machine)) return false;
  thread.mask = view.getBigUint64(offsets.mask, model.littleEndian) & ~unblockable;
  const { stack } = head.decode(model, bytes);
  // Like sigaltstack(2), but a bad stack is silently left alone.
  if (!isOnStack(thread.alternateStack, Number(binding.getStackPointer(cpu)))) {
    thread.alternateStack =
      (stack.flags & SS_DISABLE) !== 0
        ? { address: 0, sizeBytes: 0, flags: 0 }
        : { address: stack.address, sizeBytes: stack.sizeBytes, flags: stack.flags };
  }
  return true;
}
