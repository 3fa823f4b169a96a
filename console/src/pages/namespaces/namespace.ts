import type { Model } from "../../api/client";

export type Namespace = Model<"NamespaceOut">;
export type NamespaceDetail = Model<"NamespaceDetailOut">;
export type Visibility = Namespace["visibility"];

/** What the user does to a namespace; `kind` chooses the dialog. */
export type NamespaceAction =
  { kind: "create" } | { kind: "change" | "delete"; namespace: Namespace };
