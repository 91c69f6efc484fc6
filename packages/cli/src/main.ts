/** The `isovm` command. */
import process from "node:process";
import { nodeIo } from "./io/node-io.ts";
import { main } from "./program.ts";

// All output is synchronous, so nothing is lost; a guest's input may still be open.
process.exit(await main(process.argv.slice(2), nodeIo()));
