import { api, body } from "../../api/client";
import { session } from "../../api/session";

/** How many namespaces and Docker users the first steps consider. */
const OBJECTS_LIMIT = 20;
const GRANTS_LIMIT = 200;

/** What the account has of the objects that the first steps create. */
export interface Progress {
  namespaces: string[];
  users: string[];
  /** A Docker user of the account that may push, and the namespace; null if there is none. */
  pusher: Pusher | null;
  /** Whether a repository of the account holds an image. */
  pushed: boolean;
}

export interface Pusher {
  namespace: string;
  user: string;
}

/** Reads the progress from the API, so that steps done outside the console count too. */
export async function readProgress(): Promise<Progress> {
  const account = ownAccount();
  const query = { limit: OBJECTS_LIMIT, account };
  const [namespaces, users, repositories] = await Promise.all([
    body(api.GET("/api/v1/namespaces", { params: { query } })),
    body(api.GET("/api/v1/docker-users", { params: { query } })),
    body(
      api.GET("/api/v1/repositories", {
        params: { query: { limit: 1, sort: "-last_pushed_at", account } },
      }),
    ),
  ]);
  const names = namespaces.items.map(({ name }) => name);
  const usernames = users.items.map(({ username }) => username);
  return {
    namespaces: names,
    users: usernames,
    pusher: await findPusher(names, usernames),
    pushed: repositories.items.some(({ status }) => status === "active"),
  };
}

/**
 * Returns the account to filter by. An administrator sees the objects of all accounts and must
 * filter by its own; a member sees only its own objects and must not filter.
 */
function ownAccount(): string | null {
  const state = session.state();
  return state.kind === "signed-in" && state.account.role === "admin"
    ? state.account.username
    : null;
}

async function findPusher(namespaces: string[], users: string[]): Promise<Pusher | null> {
  for (const user of users) {
    const { items } = await body(
      api.GET("/api/v1/docker-users/{username}/grants", {
        params: { path: { username: user }, query: { limit: GRANTS_LIMIT } },
      }),
    );
    const grant = items.find(
      ({ namespace, permission }) => permission !== "pull" && namespaces.includes(namespace),
    );
    if (grant !== undefined) {
      return { namespace: grant.namespace, user };
    }
  }
  return null;
}
