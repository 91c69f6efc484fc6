/** Keys for isovm itself among those for the guest: Ctrl-A and a letter. */

/** What a key asks isovm for. */
export type ConsoleCommand = "end" | "snapshot" | "help";

const prefix = 0x01;
const commands: Readonly<Record<string, ConsoleCommand>> = { x: "end", s: "snapshot", h: "help" };

/** What {@link ConsoleCommand}s there are, for people at a terminal. */
export const consoleHelp: readonly string[] = [
  "Ctrl-A x       end the machine",
  "Ctrl-A s       keep a snapshot of it (--snapshot FILE)",
  "Ctrl-A h       this help",
  "Ctrl-A Ctrl-A  Ctrl-A for the guest",
];

/** Tells the guest's bytes from isovm's. */
export class EscapeKeys {
  #isPending = false;

  /** The bytes for the guest, and what isovm is asked for, in the order of the keys. */
  split(bytes: Uint8Array): { readonly guest: Uint8Array; readonly commands: ConsoleCommand[] } {
    const guest: number[] = [];
    const found: ConsoleCommand[] = [];
    for (const byte of bytes) {
      if (!this.#isPending) {
        if (byte === prefix) this.#isPending = true;
        else guest.push(byte);
        continue;
      }
      this.#isPending = false;
      if (byte === prefix) {
        guest.push(prefix);
        continue;
      }
      const command = commands[String.fromCharCode(byte).toLowerCase()];
      // Any other key was not meant for isovm.
      if (command === undefined) guest.push(prefix, byte);
      else found.push(command);
    }
    return { guest: Uint8Array.from(guest), commands: found };
  }
}
