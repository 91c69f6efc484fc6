/** Engine exits in the terms of an ABI. */
import type { GuestExit } from "@isovm/abi";
import { type Exit, UnsupportedError } from "@isovm/isa-spec";

const access = { read: "read", write: "write", fetch: "execute" } as const;
const reason = {
  unmapped: "unmapped",
  permission: "protection",
  bus: "beyondSource",
  memory: "outOfMemory",
} as const;

/**
 * What an exit means to the personality.
 *
 * @throws UnsupportedError for effects and traps that no ABI knows.
 */
export function guestExit(exit: Exit): GuestExit {
  switch (exit.kind) {
    case "budget":
    case "breakpoint":
      return { kind: "budget" };
    case "effect":
      if (exit.name === "systemCall" || exit.name === "breakpoint") return { kind: exit.name };
      throw new UnsupportedError(`a process VM has no meaning for the effect "${exit.name}"`, {
        feature: exit.name,
      });
    case "illegal":
      return { kind: "illegalInstruction", bits: exit.bits, sizeBytes: exit.sizeBytes };
    case "trap":
      // The one trap of user-level rows is a misaligned jump target.
      return { kind: "misaligned", address: Number(exit.value), access: "execute" };
    case "fault": {
      const address = Number(exit.address);
      if (exit.reason === "misaligned") {
        return { kind: "misaligned", address, access: access[exit.access] };
      }
      return { kind: "fault", address, access: access[exit.access], reason: reason[exit.reason] };
    }
  }
}
