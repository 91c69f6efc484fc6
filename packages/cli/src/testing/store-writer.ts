/** A process that saves modules to a directory, one after the other: `DIR FIRST COUNT`. */
import process from "node:process";
import { translationStore } from "@isovm/translator";
import { fileStorage } from "../store/file-storage.ts";
import { keptModule, storeKey } from "./kept-module.ts";

const [directory = "", first = "0", count = "1"] = process.argv.slice(2);
const failures: unknown[] = [];
const store = translationStore(fileStorage(directory), {
  observer: (event) => failures.push(event),
});
for (let number = 0; number < Number(count); number += 1) {
  const translations = await store.open(storeKey);
  translations.add(keptModule(Number(first) + number));
  await translations.save();
}
process.stdout.write(JSON.stringify(failures));
