import type { Model } from "../../api/client";

export type DockerUser = Model<"DockerUserOut">;

/** What the user of the console does to a Docker user; `kind` chooses the dialog. */
export type DockerUserAction =
  { kind: "create" } | { kind: "change" | "password" | "disable" | "delete"; user: DockerUser };
