import type { Model } from "../../api/client";
import type { operations } from "../../api/generated/catalog";

export type Repository = Model<"RepositoryOut">;
export type RepositoryDetail = Model<"RepositoryDetailOut">;
export type Tag = Model<"TagOut">;

type Query<Name extends keyof operations> = NonNullable<operations[Name]["parameters"]["query"]>;
export type RepositorySort = NonNullable<Query<"list_repositories">["sort"]>;
export type TagSort = NonNullable<Query<"list_tags">["sort"]>;

/** The views of the repositories: the account's own, those shared with it, and the public ones. */
export const VIEWS = ["own", "shared", "public"] as const;
export type View = (typeof VIEWS)[number];

/** What the user does to a repository; `kind` chooses the dialog. */
export type RepositoryAction =
  { kind: "create" } | { kind: "change" | "delete"; repository: Repository };
