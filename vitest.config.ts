import { readdirSync } from "node:fs";
import { defineConfig } from "vitest/config";

/** Packages resolve to their sources: an edit is tested without a build. */
const conditions = ["@isovm/source", "module", "node", "development|production"];
const source = { resolve: { conditions }, ssr: { resolve: { conditions } } };

const packages = readdirSync(new URL("packages", import.meta.url));

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 120_000,
    projects: packages.map((name) => ({
      ...source,
      test: {
        name,
        include: [`packages/${name}/src/**/*.test.ts`],
        testTimeout: 30_000,
        hookTimeout: 120_000,
      },
    })),
  },
});
