/** The store that a command uses: where the user wants it, opened with code loaded for it only. */
import type { CommandIo } from "../io/command-io.ts";
import { parseStore, type StoreOption } from "../options/store.ts";
import type { RunIdentity, RunTranslations } from "./run-store.ts";

/** Where translations are kept: as the user says, for this run or for all; else in the user's cache. */
export async function storeDirectory(
  option: StoreOption | undefined,
  { environment, cacheDirectory }: CommandIo,
): Promise<string | undefined> {
  const usual = environment.ISOVM_STORE;
  const choice = option ?? (usual ? parseStore(usual) : undefined);
  if (choice === "off") return undefined;
  return choice?.directory ?? (await cacheDirectory());
}

/** Opens a store. */
export async function openUsualStore(
  directory: string,
  identity: RunIdentity,
  { release }: CommandIo,
): Promise<RunTranslations> {
  const { openStore } = await import("./run-store.ts");
  return openStore(directory, identity, release?.identity);
}
