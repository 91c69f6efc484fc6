/** A guest behind a socket that speaks GDB's remote protocol, for tests that compare two of them. */
import { connect, type Socket } from "node:net";

/** Asks one question after the other. */
export class RemoteGuest {
  readonly #socket: Socket;
  #received = "";
  #arrived: (() => void) | undefined;
  #isClosed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (bytes) => {
      this.#received += bytes.toString("latin1");
      this.#arrived?.();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.#isClosed = true;
      this.#arrived?.();
    });
  }

  /** Connects to a TCP port of this computer, or to a socket with a path, as soon as there is one. */
  static async connect(place: number | string): Promise<RemoteGuest> {
    for (let attempt = 0; ; attempt += 1) {
      const socket =
        typeof place === "number" ? connect(place, "127.0.0.1") : connect({ path: place });
      const error = await new Promise<Error | undefined>((resolve) => {
        socket.once("connect", () => resolve(undefined));
        socket.once("error", resolve);
      });
      if (!error) return new RemoteGuest(socket);
      if (attempt === 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  /** The answer to a packet; `closed` if the guest is gone. */
  async ask(payload: string): Promise<string> {
    const sum = [...payload].reduce((total, character) => total + character.charCodeAt(0), 0) & 255;
    this.#socket.write(`$${payload}#${sum.toString(16).padStart(2, "0")}`);
    for (;;) {
      const match = /\$([^#]*)#../.exec(this.#received);
      if (match) {
        this.#received = this.#received.slice(match.index + match[0].length);
        this.#socket.write("+");
        return match[1] ?? "";
      }
      if (this.#isClosed) return "closed";
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    }
  }

  close(): void {
    this.#socket.destroy();
  }
}
