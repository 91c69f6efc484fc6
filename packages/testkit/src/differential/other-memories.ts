/** Engines over memories that differ from a process VM's in what engines make of them. */
import type { Engine, EngineFactory, EngineMemory, MemoryListener } from "@isovm/isa-spec";

/** What every memory has. */
function plain(memory: EngineMemory): EngineMemory {
  return {
    memory: memory.memory,
    allocate: (sizeBytes, alignment) => memory.allocate(sizeBytes, alignment),
    release: (offset) => memory.release(offset),
    translate: (address, access) => memory.translate(address, access),
    markCode: (frame) => memory.markCode(frame),
    isCode: (frame) => memory.isCode(frame),
    wrote: (frame, start, end) => memory.wrote(frame, start, end),
    attach: (listener) => memory.attach(listener),
  };
}

/** The engine over memory whose pages lie anywhere. */
export function withoutWindow(engine: EngineFactory): EngineFactory {
  return (options) => engine({ ...options, memory: plain(options.memory) });
}

const contexts = 3;
/** Instructions executed in one context. */
const turn = 5;

/** The engine over memory that changes its translation context every few instructions. */
export function withContexts(engine: EngineFactory): EngineFactory {
  return (options) => {
    const listeners: MemoryListener[] = [];
    let context = 0;
    const memory: EngineMemory = {
      ...plain(options.memory),
      contexts,
      get context() {
        return context;
      },
      attach: (listener) => {
        listeners.push(listener);
        options.memory.attach(listener);
      },
    };
    const made = engine({ ...options, memory });
    return alternating(made, () => {
      context = (context + 1) % contexts;
      for (const listener of listeners) listener.contextChanged?.(context);
    });
  };
}

/** The engine, with something done between short runs. */
function alternating(engine: Engine, between: () => void): Engine {
  return {
    name: engine.name,
    state: engine.state,
    breakpoints: engine.breakpoints,
    get retired() {
      return engine.retired;
    },
    interrupt: () => engine.interrupt(),
    statistics: () => engine.statistics(),
    run(budget) {
      for (let left = budget; ; left -= turn) {
        between();
        const exit = engine.run(Math.min(left, turn));
        if (exit.kind !== "budget" || left <= turn) return exit;
      }
    },
  };
}
