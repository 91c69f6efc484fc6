/**
 * A stub of GDB's remote serial protocol: answers a debugger about a guest that stands still, and
 * tells the host when the guest is to go on.
 *
 * @see Debugging with GDB, E (Remote Serial Protocol)
 */
import type { DebuggerRegister } from "@isovm/isa-spec";
import type { DebugEnd, DebugOrder, DebugStop, DebugTarget } from "../debug-target.ts";
import { Watchpoints } from "../watchpoints.ts";
import { breakpointCommands } from "./breakpoint-commands.ts";
import { type Answer, answers, type Commands, type Conversation } from "./conversation.ts";
import { registersOf } from "./description.ts";
import { Link, type Send } from "./link.ts";
import { memoryCommands } from "./memory-commands.ts";
import { queryCommands } from "./query-commands.ts";
import { registerCommands } from "./register-commands.ts";
import { runCommands } from "./run-commands.ts";
import { endReply, stopReply } from "./stop-reply.ts";
import { threadCommands } from "./thread-commands.ts";

const commands: Commands = {
  ...breakpointCommands,
  ...memoryCommands,
  ...queryCommands,
  ...registerCommands,
  ...runCommands,
  ...threadCommands,
};

const plus = Uint8Array.of(0x2b);
const minus = Uint8Array.of(0x2d);
const goOn: DebugOrder = { kind: "run", step: undefined, ignoresSignal: false };

/** Lets one debugger after the other control a guest. */
export class GdbStub {
  /** Called when the guest, which is running, is to stand still: {@link stopped} is expected. */
  onInterrupt: () => void = () => undefined;
  readonly #target: DebugTarget;
  readonly #registers: readonly DebuggerRegister[];
  /** To be looked at after each instruction, if there are any. */
  readonly watchpoints: Watchpoints;
  #link: Link | undefined;
  /** What the guest is to do; undefined while it stands still. */
  #order: DebugOrder | undefined;
  #stop: DebugStop = { kind: "step" };
  #end: DebugEnd | undefined;
  #isReleased = false;
  /** Resolves what {@link order} has promised. */
  #resume: (() => void) | undefined;

  /** The guest stands still until a debugger has it go on. */
  constructor(target: DebugTarget) {
    this.#target = target;
    this.#registers = registersOf(target);
    this.watchpoints = new Watchpoints(target);
  }

  /** Whether a debugger is connected. */
  get isConnected(): boolean {
    return this.#link !== undefined;
  }

  /** What the guest is to do next, once a debugger or {@link release} says so. */
  async order(): Promise<DebugOrder> {
    while (!this.#order) {
      await new Promise<void>((resolve) => {
        this.#resume = resolve;
      });
    }
    return this.#order;
  }

  /** The guest stands still: {@link order} says when to go on. */
  stopped(stop: DebugStop): void {
    const link = this.#link;
    if (!link || link.isDetached || this.#isReleased) return;
    this.#order = undefined;
    this.#stop = stop;
    // Debuggers take it that they have chosen the thread that stopped.
    link.conversation.thread = 0;
    link.conversation.stepped = 0;
    if (!link.isSilent) link.answer(stopReply(link.conversation, stop));
    link.isSilent = false;
    this.#work(link);
  }

  /** The guest has ended. */
  ended(end: DebugEnd): void {
    this.#end = end;
    const link = this.#link;
    if (!link || link.isDetached) return;
    link.answer(endReply(end));
    this.#work(link);
  }

  /** Has the guest go on whatever a debugger says, now and later. */
  release(): void {
    this.#isReleased = true;
    this.#goOnAlone();
  }

  /**
   * A debugger has connected; a guest that is running will stand still. False if there is one
   * already.
   */
  connect(send: Send): boolean {
    if (this.#link || this.#isReleased) return false;
    const link = new Link(send, this.#converse());
    this.#link = link;
    if (this.#order) {
      // It asks why the guest stopped when it likes to.
      link.isSilent = true;
      this.onInterrupt();
    }
    return true;
  }

  /** Bytes have come from the debugger. */
  receive(bytes: Uint8Array): void {
    const link = this.#link;
    if (!link) return;
    for (const event of link.reader.read(bytes)) {
      if (event.kind !== "interrupt") link.keep(event);
      else if (this.#order && !this.#end && !link.isDetached) this.onInterrupt();
    }
    this.#work(link);
  }

  /** The debugger has gone: the guest goes on without. */
  disconnect(): void {
    if (!this.#link) return;
    this.#link = undefined;
    if (this.#order?.kind !== "kill") this.#goOnAlone();
  }

  /** Does what has come, as long as the guest stands still or has ended. */
  #work(link: Link): void {
    while (link === this.#link && (!this.#order || this.#end)) {
      const event = link.waiting.shift();
      if (!event) return;
      if (event.kind === "packet") {
        if (link.conversation.acknowledges) link.send(plus);
        // Of a guest that has ended there is nothing to know but how.
        link.answer(this.#end ? endReply(this.#end) : execute(link.conversation, event.payload));
      } else if (event.kind === "damaged") {
        if (link.conversation.acknowledges) link.send(minus);
      } else if (event.kind === "again") link.repeat();
    }
  }

  #converse(): Conversation {
    const stub = this;
    return {
      target: this.#target,
      registers: this.#registers,
      watchpoints: this.watchpoints,
      get stop(): DebugStop {
        return stub.#stop;
      },
      understood: new Set(),
      thread: 0,
      stepped: 0,
      acknowledges: true,
      run: (step, ignoresSignal) => this.#run({ kind: "run", step, ignoresSignal }),
      detach: () => {
        if (this.#link) this.#link.isDetached = true;
        this.#goOnAlone();
      },
      kill: () => this.#run({ kind: "kill" }),
    };
  }

  #goOnAlone(): void {
    this.#target.breakpoints.clear();
    this.watchpoints.clear();
    this.#run(goOn);
  }

  #run(order: DebugOrder): void {
    this.#order = order;
    this.#resume?.();
    this.#resume = undefined;
  }
}

/** The answer to a packet. */
function execute(conversation: Conversation, payload: Uint8Array): Answer {
  let text = "";
  for (const byte of payload) text += String.fromCharCode(byte);
  // A name is one character, or a word that begins with one of three letters.
  const word = /^[qQv][A-Za-z]+\??/.exec(text)?.[0];
  const name = word ?? text.slice(0, 1);
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) return answers.unsupported;
  const argument = text.slice(name.length);
  return command(conversation, word === undefined ? argument : argument.replace(/^[:;,]/, ""));
}
