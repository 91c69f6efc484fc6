export * from "./emit/index.ts";
export * from "./float/index.ts";
export * from "./lower/index.ts";
