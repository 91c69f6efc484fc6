/**
 * An ISA for tests whose instruction words are indexes into a list of bodies: an engine made for it
 * executes rewritten bodies at the addresses of the instructions that they come from.
 */
import {
  defineIsa,
  type Instruction,
  type Isa,
  instruction,
  type Statement,
} from "@isovm/isa-spec";

/** A body with the length of its instruction. */
export interface SizedBody {
  readonly sizeBytes: number;
  readonly body: readonly Statement[];
}

/** The ISA and its bodies. */
export interface BodyIsa {
  readonly isa: Isa;
  /** Sets what the instruction words mean and gives them, one behind the other. */
  assemble(bodies: readonly SizedBody[]): Uint8Array;
}

/** An ISA with the registers of another one, for up to `capacity` bodies of 2 or 4 bytes. */
export function bodyIsa(model: Isa, capacity: number): BodyIsa {
  let current: readonly SizedBody[] = [];
  const rows: Instruction[] = [];
  const bodyRow = (index: number, sizeBytes: 2 | 4): Instruction => {
    const number = index.toString(2).padStart(8 * sizeBytes - 2, "0");
    const row = instruction(
      `body${sizeBytes}_${index}`,
      `${number} ${sizeBytes === 2 ? "00" : "11"}`,
      {
        operands: {},
        syntax: "",
        semantics: () => {},
        manual: "none",
      },
    );
    return Object.defineProperty({ ...row }, "semantics", {
      get: () => ({ body: current[index]?.body ?? [] }),
    });
  };
  for (let index = 0; index < capacity; index += 1) {
    rows.push(bodyRow(index, 2), bodyRow(index, 4));
  }
  const { addressWidth, registers, syntax } = model;
  const framing: Isa["framing"] = {
    parcelBytes: 2,
    byteOrder: "little",
    lengths: [
      { mask: 0b11, match: 0b11, sizeBytes: 4 },
      { mask: 0, match: 0, sizeBytes: 2 },
    ],
  };
  const extensions = [{ name: "bodies", title: "Bodies", instructions: rows }];
  return {
    isa: defineIsa({ name: "bodies", addressWidth, registers, framing, extensions, syntax }),
    assemble(bodies) {
      current = bodies;
      return Uint8Array.from(
        bodies.flatMap(({ sizeBytes }, index) => {
          const word = index * 4 + (sizeBytes === 2 ? 0 : 3);
          return Array.from({ length: sizeBytes }, (_, byte) => (word >>> (8 * byte)) & 0xff);
        }),
      );
    },
  };
}
