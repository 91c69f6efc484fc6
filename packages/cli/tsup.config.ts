import type { Options } from "tsup";

const options: Options = {
  entry: ["src/index.ts"],
  format: "esm",
  dts: true,
  target: "es2023",
  sourcemap: true,
};

export default options;
