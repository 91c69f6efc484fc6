/** A connection to a debugger: packets in, packets out. */
import type { Answer, Conversation } from "./conversation.ts";
import { encodePacket, PacketReader, type RemoteEvent } from "./packet.ts";

/** Sends bytes to the debugger. */
export type Send = (bytes: Uint8Array) => void;

/** Packets that wait until the guest stands still; a debugger sends one at a time. */
const mostWaiting = 64;

/** A connection. */
export class Link {
  readonly send: Send;
  readonly conversation: Conversation;
  readonly reader: PacketReader = new PacketReader();
  readonly waiting: RemoteEvent[] = [];
  /** Whether the next stop of the guest is the debugger's own wish, made by connecting. */
  isSilent = false;
  /** Whether the debugger has said that it goes. */
  isDetached = false;
  #last: Uint8Array = new Uint8Array();

  constructor(send: Send, conversation: Conversation) {
    this.send = send;
    this.conversation = conversation;
  }

  /** Has an event wait for its turn. */
  keep(event: RemoteEvent): void {
    if (event.kind !== "acknowledged" && this.waiting.length < mostWaiting) {
      this.waiting.push(event);
    }
  }

  /** Sends a packet, if there is an answer. */
  answer(answer: Answer): void {
    if (answer === undefined) return;
    this.#last = encodePacket(
      typeof answer === "string"
        ? Uint8Array.from(answer, (character) => character.charCodeAt(0))
        : answer,
    );
    this.send(this.#last);
  }

  /** Sends the last packet again. */
  repeat(): void {
    if (this.#last.length > 0) this.send(this.#last);
  }
}
