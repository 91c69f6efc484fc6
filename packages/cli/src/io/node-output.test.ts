import { describe, expect, it } from "vitest";
import { nodeOutput } from "./node-output.ts";

/** A descriptor that answers in turn: a number of bytes taken, or an error's code. */
function descriptor(...answers: readonly (number | string)[]) {
  const left = [...answers];
  const taken: number[] = [];
  const write = (_: number, bytes: NodeJS.ArrayBufferView, offset = 0, length = 0): number => {
    const answer = left.shift() ?? length;
    if (typeof answer === "string") throw Object.assign(new Error(answer), { code: answer });
    taken.push(
      ...new Uint8Array(bytes.buffer, bytes.byteOffset + offset, Math.min(answer, length)),
    );
    return Math.min(answer, length);
  };
  return { taken, output: nodeOutput(99, write as Parameters<typeof nodeOutput>[1]) };
}

const bytes = Uint8Array.of(1, 2, 3, 4, 5);

describe("standard output", () => {
  it.each([[[2, 1]], [["EAGAIN", 2, "EAGAIN", "EINTR", 1]], [[]]])(
    "takes all bytes, whatever the descriptor does: %j",
    (answers) => {
      const { taken, output } = descriptor(...answers);
      expect(output.write(bytes)).toBe(true);
      expect(taken).toEqual([...bytes]);
    },
  );

  it("tells that the reader has gone", () => {
    const { output } = descriptor(2, "EPIPE");
    expect(output.write(bytes)).toBe(false);
  });

  it("gives the guest the host's error", () => {
    expect(() => descriptor(2, "ENOSPC").output.write(bytes)).toThrow(
      expect.objectContaining({ name: "LinuxError", code: "ENOSPC" }),
    );
    expect(() => descriptor("EODD").output.write(bytes)).toThrow(/EODD/);
  });
});
