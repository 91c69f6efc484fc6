import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodePacket, mostPayloadBytes, PacketReader, type RemoteEvent } from "./packet.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (...pieces: readonly Uint8Array[]): RemoteEvent[] => {
  const reader = new PacketReader();
  return pieces.flatMap((piece) => [...reader.read(piece)]);
};

describe("packets", () => {
  it("are what GDB's manual says", () => {
    expect(new TextDecoder().decode(encodePacket(bytesOf("OK")))).toBe("$OK#9a");
    expect(encodePacket(Uint8Array.of(0x23, 0x24, 0x2a, 0x7d))).toEqual(
      Uint8Array.of(0x24, 0x7d, 3, 0x7d, 4, 0x7d, 0xa, 0x7d, 0x5d, 0x23, 0x36, 0x32),
    );
  });

  it("come back as they were, in whatever pieces", () => {
    const payloads = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 });
    fc.assert(
      fc.property(payloads, fc.infiniteStream(fc.integer({ min: 1, max: 9 })), (sent, sizes) => {
        const stream = Buffer.concat(sent.map(encodePacket));
        const pieces: Uint8Array[] = [];
        for (let at = 0; at < stream.length; at += pieces.at(-1)?.length ?? 1) {
          pieces.push(stream.subarray(at, at + Number(sizes.next().value)));
        }
        expect(read(...pieces)).toEqual(sent.map((payload) => ({ kind: "packet", payload })));
      }),
    );
  });

  it("stand between acknowledgements and interrupts", () => {
    const kinds = read(bytesOf("+\x03?-$qC#b4\x03+")).map(({ kind }) => kind);
    expect(kinds).toEqual([
      "acknowledged",
      "interrupt",
      "again",
      "packet",
      "interrupt",
      "acknowledged",
    ]);
  });

  it("are damaged with another checksum, and when they are too long", () => {
    expect(read(bytesOf("$qC#b5$qC#xy$qC#b4"))).toEqual([
      { kind: "damaged" },
      { kind: "damaged" },
      { kind: "packet", payload: bytesOf("qC") },
    ]);
    const long = encodePacket(new Uint8Array(mostPayloadBytes + 1));
    expect(read(long)).toEqual([{ kind: "damaged" }]);
    expect(read(encodePacket(new Uint8Array(mostPayloadBytes)))).toHaveLength(1);
  });

  it("begin anew when another one begins in their midst", () => {
    expect(read(bytesOf("$half$qC#b4"))).toEqual([{ kind: "packet", payload: bytesOf("qC") }]);
  });
});
