import type { Model } from "../../api/client";

export type TrashEntry = Model<"TrashEntryOut">;
export type TrashAction = { kind: "restore" | "remove"; entry: TrashEntry };

/** Returns the page of what was restored. */
export function pageOf({ kind, path }: Pick<TrashEntry, "kind" | "path">): string {
  return kind === "namespace" ? `/namespaces/${path}` : `/repositories/${path}`;
}

/** Returns the path of an entry with a short digest: `team/app@sha256:9f86d081884c`. */
export function nameOf(path: string): string {
  return path.replace(/(@[^:]+:[0-9a-f]{12})[0-9a-f]+$/, "$1");
}
