export * from "./emit/index.ts";
export * from "./lower/index.ts";
