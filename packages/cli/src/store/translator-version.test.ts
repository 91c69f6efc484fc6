import { expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { translatorVersion } from "./translator-version.ts";

it("is the release, a hash of the code, and the host's WebAssembly", () => {
  const [release, hash, host] = translatorVersion().split(" ");
  expect(release).toBe(manifest.version);
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
  expect(host).toBe(`v8-${process.versions.v8}`);
  expect(translatorVersion()).toBe(`${release} ${hash} ${host}`);
});
