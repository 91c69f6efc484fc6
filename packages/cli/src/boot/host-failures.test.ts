import { expect, it } from "vitest";
import { hostFailures } from "./host-failures.ts";

it("tells of each failure of the host once, and of nothing else", () => {
  const said: string[] = [];
  const observe = hostFailures((line) => said.push(line));
  const event = { device: "virtio1", offset: 0 } as const;
  observe({ ...event, kind: "unknownRegister" });
  observe({
    ...event,
    kind: "hostFailure",
    detail: "at byte 512: d has no space left on the host",
  });
  observe({
    ...event,
    kind: "hostFailure",
    detail: "at byte 1024: d has no space left on the host",
  });
  observe({ ...event, kind: "hostFailure", detail: "at byte 0: e is closed" });
  expect(said).toEqual([
    "isovm: virtio1: d has no space left on the host; the guest sees an error",
    "isovm: virtio1: e is closed; the guest sees an error",
  ]);
});
