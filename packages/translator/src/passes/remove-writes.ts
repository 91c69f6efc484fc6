/** Removes writes of registers from one body where nothing sees what they write. */
import type { StateLayout, Statement } from "@isovm/isa-spec";
import { type RegisterSlot, registerSlot } from "../ir/register-slot.ts";

/** The body without writes of registers that are `dead` behind it; itself if there are none. */
export function removeWrites(
  body: readonly Statement[],
  dead: ReadonlySet<RegisterSlot>,
  layout: StateLayout,
): readonly Statement[] {
  const remover = new Remover(layout, dead);
  const rest = remover.list(body, new Set(dead));
  return remover.hasRemoved ? rest : body;
}

class Remover {
  hasRemoved = false;
  readonly #layout: StateLayout;
  readonly #behind: ReadonlySet<RegisterSlot>;

  constructor(layout: StateLayout, behind: ReadonlySet<RegisterSlot>) {
    this.#layout = layout;
    this.#behind = behind;
  }

  /** Walks a list backwards; `dead` becomes what is dead before it. */
  list(list: readonly Statement[], dead: Set<RegisterSlot>): readonly Statement[] {
    const kept: Statement[] = [];
    for (let index = list.length - 1; index >= 0; index -= 1) {
      const statement = list[index];
      const rest = statement && this.#statement(statement, dead);
      if (rest) kept.push(rest);
    }
    return kept.reverse();
  }

  #statement(statement: Statement, dead: Set<RegisterSlot>): Statement | undefined {
    switch (statement.kind) {
      case "writeRegister": {
        const slot = registerSlot(this.#layout, statement.register);
        if (!slot) return statement;
        if (!dead.has(slot)) {
          dead.add(slot);
          return statement;
        }
        this.hasRemoved = true;
        return undefined;
      }
      case "readRegister": {
        const slot = registerSlot(this.#layout, statement.register);
        if (slot) dead.delete(slot);
        else dead.clear();
        return statement;
      }
      case "jump":
        dead.clear();
        for (const slot of this.#behind) dead.add(slot);
        return statement;
      case "if": {
        const otherwise = new Set(dead);
        const then = this.list(statement.then, dead);
        const not = this.list(statement.else, otherwise);
        for (const slot of dead) {
          if (!otherwise.has(slot)) dead.delete(slot);
        }
        return { ...statement, then, else: not };
      }
      case "assign":
      case "fence":
        return statement;
      default:
        // Accesses and traps may leave the instruction; loops aren't worth the trouble.
        dead.clear();
        return statement;
    }
  }
}
