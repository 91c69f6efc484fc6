/**
 * Extensions of one function: timer, interprocessor interrupts, system reset.
 *
 * @see RISC-V Supervisor Binary Interface 2.0, 6, 7 and 10
 */
import { extensionNumber, hartsOf, SbiError, type SbiExtension, success } from "./call.ts";

/** TIME: the next timer interrupt. */
export const timer: SbiExtension = {
  number: extensionNumber("TIME"),
  functions: {
    0: ({ hart }, [tick = 0n]) => {
      hart.setTimer(tick);
      return success;
    },
  },
};

/** IPI: software interrupts for other harts. */
export const interprocessor: SbiExtension = {
  number: extensionNumber("sPI"),
  functions: {
    0: ({ harts }, [mask, first]) => {
      const targets = hartsOf(harts, mask, first);
      if (!targets) return { error: SbiError.invalidParameter };
      for (const target of targets) target.setSoftwareInterrupt(true);
      return success;
    },
  },
};

/** SRST: power off and reset. */
export const reset: SbiExtension = {
  number: extensionNumber("SRST"),
  functions: {
    0: ({ options }, [type = 0n, reason = 0n]) => {
      if (type > 2n) return { error: SbiError.invalidParameter };
      // Reason 1 is a failure of the system.
      const code = reason === 1n ? 1 : 0;
      options.power?.(type === 0n ? { kind: "poweroff", code } : { kind: "reset" });
      return { kind: "stopped" };
    },
  },
};
