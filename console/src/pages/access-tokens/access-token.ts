import type { Model } from "../../api/client";

/** An access token of a Docker user, or the token that `docker login` stores. */
export type AccessToken = Model<"TokenOut">;

/** What the user does to an access token; `kind` chooses the dialog. */
export type AccessTokenAction = { kind: "create" } | { kind: "revoke"; token: AccessToken };
