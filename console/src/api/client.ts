import createClient, { type Middleware } from "openapi-fetch";
import { connection } from "./connection";
import type { components as AuthComponents, paths as AuthPaths } from "./generated/auth";
import type { components as CatalogComponents, paths as CatalogPaths } from "./generated/catalog";
import type { components as EventsComponents, paths as EventsPaths } from "./generated/events";
import { ConnectionLost, problemOf } from "./problems";
import { session } from "./session";

type Schemas = AuthComponents["schemas"] &
  Omit<CatalogComponents["schemas"], "Problem" | "FieldProblem"> &
  Omit<EventsComponents["schemas"], "Problem" | "FieldProblem">;
/** A model of the API by its name in the OpenAPI documents. */
export type Model<Name extends keyof Schemas> = Schemas[Name];

async function authorizedFetch(request: Request): Promise<Response> {
  const again = request.clone();
  const token = await session.token();
  let response = await send(request, token);
  // Ended meanwhile, by a password change elsewhere or a clock that went to sleep: one new token, one more try.
  if (response.status === 401 && (await session.renew())) {
    response = await send(again, await session.token());
  }
  return response;
}

async function send(request: Request, token: string | null): Promise<Response> {
  if (token !== null) {
    request.headers.set("Authorization", `Bearer ${token}`);
  }
  try {
    const response = await fetch(request);
    connection.met(response.status);
    return response;
  } catch (error) {
    if (request.signal.aborted) {
      throw error;
    }
    connection.lose();
    throw new ConnectionLost();
  }
}

const throwProblems: Middleware = {
  async onResponse({ response }) {
    if (!response.ok) {
      throw problemOf(response, await response.json().catch(() => null));
    }
  },
};

/** The JSON API of the three services, with the paths and types of their OpenAPI documents. Throws ApiProblem and ConnectionLost. */
export const api = createClient<AuthPaths & CatalogPaths & EventsPaths>({
  baseUrl: "",
  fetch: authorizedFetch,
});
api.use(throwProblems);

/** The body of a call that succeeded. */
export async function body<T>(call: Promise<{ data?: T }>): Promise<NonNullable<T>> {
  return (await call).data as NonNullable<T>;
}
