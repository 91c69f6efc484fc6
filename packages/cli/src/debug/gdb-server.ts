/** Where debuggers connect: a TCP port of this computer, which no other one reaches. */
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { DebugEnd, GdbStub } from "@isovm/machine";
import { UsageError } from "../errors.ts";

const host = "127.0.0.1";

/** Waits for debuggers and connects one at a time to a stub. */
export class GdbServer {
  readonly port: number;
  readonly #server: Server;
  readonly #stub: GdbStub;
  readonly #sockets: ReadonlySet<Socket>;

  private constructor(server: Server, stub: GdbStub, sockets: ReadonlySet<Socket>) {
    this.port = (server.address() as AddressInfo).port;
    this.#server = server;
    this.#stub = stub;
    this.#sockets = sockets;
  }

  /** Begins to listen; port 0 is any that is free. @throws UsageError if it can't */
  static async listen(port: number, stub: GdbStub): Promise<GdbServer> {
    const sockets = new Set<Socket>();
    const server = createServer({ noDelay: true }, (socket) => {
      if (!stub.connect((bytes) => socket.write(bytes))) {
        socket.destroy();
        return;
      }
      sockets.add(socket);
      socket.on("data", (bytes) => stub.receive(bytes));
      // A connection that breaks is closed, too.
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        stub.disconnect();
      });
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", (error: NodeJS.ErrnoException) => {
        const reason = error.code === "EADDRINUSE" ? "is in use" : `can't be had: ${error.message}`;
        reject(new UsageError(`--gdb: port ${port} ${reason}; give another one, or 0 for any`));
      });
      server.listen(port, host, resolve);
    });
    return new GdbServer(server, stub, sockets);
  }

  /** What a user is told to connect. */
  get invitation(): string {
    return `waiting for a debugger: target remote ${host}:${this.port}`;
  }

  /** Tells the debugger how the guest has ended, if it did, and closes. */
  async close(end?: DebugEnd): Promise<void> {
    if (end) this.#stub.ended(end);
    this.#server.close();
    const closed = [...this.#sockets].map(
      (socket) => new Promise<void>((resolve) => socket.once("close", () => resolve())),
    );
    for (const socket of this.#sockets) socket.end();
    // A debugger that doesn't close its end isn't waited for.
    const timer = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, patienceMillis);
    await Promise.all(closed);
    clearTimeout(timer);
  }
}

const patienceMillis = 500;
