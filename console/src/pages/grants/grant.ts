import type { Model } from "../../api/client";

export type Grant = Model<"GrantOut">;
export type Permission = Grant["permission"];

/** What the user does to a grant; `kind` chooses the dialog. */
export type GrantAction = { kind: "add" } | { kind: "change" | "remove"; grant: Grant };
