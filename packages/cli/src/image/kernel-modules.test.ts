import { describe, expect, it } from "vitest";
import {
  aliasTable,
  dependencyTable,
  type KernelModule,
  moduleName,
  readModule,
  withDependencies,
} from "./kernel-modules.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const modules: Readonly<Record<string, KernelModule>> = {
  ext4: { name: "ext4", depends: ["jbd2", "crc16"], aliases: ["fs-ext4"] },
  jbd2: { name: "jbd2", depends: ["crc16"], aliases: [] },
  crc16: { name: "crc16", depends: ["builtin"], aliases: [] },
};

describe("kernel modules", () => {
  it("describe themselves", () => {
    const file = bytes("\u007fELF\0license=GPL\0alias=fs-a\0alias=b:*\0depends=jbd2,crc-16\0x\0");
    expect(readModule("kernel/fs/a-b.ko.xz", file)).toEqual({
      name: "a_b",
      depends: ["jbd2", "crc_16"],
      aliases: ["fs-a", "b:*"],
    });
    expect(readModule("c.ko", bytes("\0depends=\0")).depends).toEqual([]);
    expect(moduleName("kernel/drivers/virtio-rng.ko.xz")).toBe("virtio_rng");
  });

  it("come behind what they need, once each", () => {
    const order = withDependencies(["ext4", "crc16"], (name) => modules[name]);
    expect(order.map(({ name }) => name)).toEqual(["crc16", "jbd2", "ext4"]);
  });

  it("need not be free of circles", () => {
    const order = withDependencies(["a"], (name) => ({
      name,
      depends: [name === "a" ? "b" : "a"],
      aliases: [],
    }));
    expect(order.map(({ name }) => name)).toEqual(["b", "a"]);
  });

  it("make the tables that modprobe reads", () => {
    const order = withDependencies(["ext4"], (name) => modules[name]);
    expect(dependencyTable(order)).toBe(
      "crc16.ko:\njbd2.ko: crc16.ko\next4.ko: jbd2.ko crc16.ko\n",
    );
    expect(aliasTable(order)).toBe("alias fs-ext4 ext4\n");
  });
});
