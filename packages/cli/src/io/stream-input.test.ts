import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { StreamInput } from "./stream-input.ts";

const later = () => new Promise((resolve) => setImmediate(resolve));

describe("standard input from a stream", () => {
  it("is not touched before somebody asks", () => {
    let opened = 0;
    const input = new StreamInput(() => {
      opened += 1;
      return new PassThrough();
    }, false);
    const stop = input.onReady(() => {});
    stop();
    expect(opened).toBe(0);
    expect(input.available()).toBe(0);
    expect(input.read(10)).toEqual(new Uint8Array());
    expect(opened).toBe(1);
  });

  it("gives what is there, and says when there is more", async () => {
    const stream = new PassThrough();
    const input = new StreamInput(() => stream, false);
    let calls = 0;
    const stop = input.onReady(() => {
      calls += 1;
    });
    expect(input.read(10)?.length).toBe(0);
    stream.write("hello");
    await later();
    expect(calls).toBe(1);
    expect(input.available()).toBe(5);
    expect(String(Buffer.from(input.read(2) ?? []))).toBe("he");
    expect(String(Buffer.from(input.read(10) ?? []))).toBe("llo");
    expect(input.read(10)?.length).toBe(0);
    stream.end();
    // Each call asks again, as a guest that is woken does.
    while (input.read(10)) await later();
    expect(input.read(10)).toBeUndefined();
    expect(input.available()).toBe(Number.POSITIVE_INFINITY);
    expect(calls).toBeGreaterThan(1);
    stop();
  });

  it("has ended where it fails", async () => {
    const stream = new PassThrough();
    const input = new StreamInput(() => stream, true);
    input.available();
    stream.destroy(new Error("EIO"));
    await later();
    expect(input.read(1)).toBeUndefined();
  });

  it("is read to its end", async () => {
    const stream = new PassThrough();
    const input = new StreamInput(() => stream, false);
    const all = input.readAll();
    for (const piece of ["a", "bc", "d"]) {
      stream.write(piece);
      await later();
    }
    stream.end();
    expect(String(Buffer.from(await all))).toBe("abcd");
  });
});
