import type { Model } from "../../api/client";

export type Account = Model<"AccountOut">;
export type Role = Account["role"];

/** What the administrator does to an account; `kind` chooses the dialog. */
export type AccountAction =
  | { kind: "create" }
  | { kind: "role" | "quota" | "password" | "disable" | "enable"; account: Account };
