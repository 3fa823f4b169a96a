import type { Model } from "../../api/client";

export type ApiKey = Model<"ApiKeyOut">;

/** What the user does to an API key; `kind` chooses the dialog. */
export type ApiKeyAction = { kind: "create" } | { kind: "revoke"; apiKey: ApiKey };
