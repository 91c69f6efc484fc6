/** A debugger for tests: sends packets to a stub and takes its answers. */
import { encodePacket, PacketReader } from "../gdb/packet.ts";
import type { GdbStub } from "../gdb/stub.ts";

/** One end of a connection to a stub. */
export class Remote {
  readonly #stub: GdbStub;
  readonly #reader = new PacketReader();
  /** Payloads that have come and were not taken, each character a byte. */
  readonly received: string[] = [];
  /** How many acknowledgements have come. */
  acknowledgements = 0;

  constructor(stub: GdbStub) {
    this.#stub = stub;
    stub.connect((bytes) => {
      for (const event of this.#reader.read(bytes)) {
        if (event.kind === "packet") this.received.push(String.fromCharCode(...event.payload));
        if (event.kind === "acknowledged") this.acknowledgements += 1;
      }
    });
  }

  /** Sends a packet. */
  send(text: string): void {
    const payload = Uint8Array.from(text, (character) => character.charCodeAt(0));
    this.#stub.receive(encodePacket(payload));
  }

  /** Sends a packet and gives its answer; undefined if there is none. */
  ask(text: string): string | undefined {
    this.send(text);
    return this.received.shift();
  }

  /** Gives the next answer as soon as it comes. */
  async next(): Promise<string> {
    for (let turn = 0; turn < 1000; turn += 1) {
      const answer = this.received.shift();
      if (answer !== undefined) return answer;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    throw new Error("the stub doesn't answer");
  }

  /** Sends Ctrl-C. */
  interrupt(): void {
    this.#stub.receive(Uint8Array.of(3));
  }
}
