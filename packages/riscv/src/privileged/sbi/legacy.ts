/**
 * Legacy extensions that kernels still use: timer, console, shutdown.
 *
 * @see RISC-V Supervisor Binary Interface 2.0, 5
 */
import { SbiError, type SbiExtension, type SbiFunction, success } from "./call.ts";
import { putByte } from "./console.ts";

function extension(number: bigint, handler: SbiFunction): SbiExtension {
  return { number, isLegacy: true, functions: { 0: handler } };
}

/** The legacy extensions, each of one function. */
export const legacy: readonly SbiExtension[] = [
  extension(0n, ({ hart }, [tick = 0n]) => {
    hart.setTimer(tick);
    return success;
  }),
  extension(1n, (context, [byte = 0n]) => {
    putByte(context, byte);
    return success;
  }),
  extension(2n, ({ options }) => {
    const [byte] = options.console?.read?.(1) ?? [];
    return { error: byte === undefined ? SbiError.failed : BigInt(byte) };
  }),
  extension(3n, ({ hart }) => {
    hart.setSoftwareInterrupt(false);
    return success;
  }),
  extension(8n, ({ options }) => {
    options.power?.({ kind: "poweroff", code: 0 });
    return { kind: "stopped" };
  }),
];
