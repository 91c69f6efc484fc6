import { readdirSync } from "node:fs";
import { defineConfig, type ViteUserConfig } from "vitest/config";

/** Packages resolve to their sources: an edit is tested without a build. */
const conditions = ["@isovm/source", "module", "node", "development|production"];

const project = (name: string, include: string) => ({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    name,
    include: [include],
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // Commands that tests start leave the user's cache alone.
    env: { ISOVM_STORE: "off" },
  },
});

const config: ViteUserConfig = defineConfig({
  test: {
    globalSetup: "scripts/oracle-hint.ts",
    projects: [
      ...readdirSync(new URL("packages", import.meta.url)).map((name) =>
        project(name, `packages/${name}/src/**/*.test.ts`),
      ),
      project("arrows", "scripts/arrows/*.test.ts"),
      project("snippets", "scripts/snippets/*.test.ts"),
    ],
  },
});

export default config;
