import createClient, { type Middleware } from "openapi-fetch";
import { connection } from "./connection";
import type { components as AuthComponents, paths as AuthPaths } from "./generated/auth";
import type { components as CatalogComponents, paths as CatalogPaths } from "./generated/catalog";
import type { components as EventsComponents, paths as EventsPaths } from "./generated/events";
import { readInTime, watchWrite } from "./patience";
import { ConnectionLost, problemOf } from "./problems";
import { session } from "./session";

type Schemas = AuthComponents["schemas"] &
  Omit<CatalogComponents["schemas"], "Problem" | "FieldProblem"> &
  Omit<EventsComponents["schemas"], "Problem" | "FieldProblem">;
/** A model of the API by its name in the OpenAPI documents. */
export type Model<Name extends keyof Schemas> = Schemas[Name];

/** Sends a request. One that reads must have its whole response within 8 s. */
function patientFetch(request: Request): Promise<Response> {
  return request.method === "GET"
    ? readInTime(async (signal) => {
        const response = await authorizedFetch(
          new Request(request, { signal: AbortSignal.any([signal, request.signal]) }),
        );
        const { status, statusText, headers } = response;
        return new Response(await response.blob(), { status, statusText, headers });
      })
    : watchWrite(authorizedFetch(request));
}

/** Sends a request with the access token, and repeats it once with a new token after a 401. */
async function authorizedFetch(request: Request): Promise<Response> {
  const copy = request.clone(); // the body of a request can be sent only once
  const token = await session.token();
  let response = await send(request, token);
  // The token can be invalid before the console expects it: the password was changed elsewhere, or
  // the computer slept.
  if (response.status === 401 && (await session.renew())) {
    response = await send(copy, await session.token());
  }
  return response;
}

async function send(request: Request, token: string | null): Promise<Response> {
  if (token !== null) {
    request.headers.set("Authorization", `Bearer ${token}`);
  }
  try {
    const response = await fetch(request);
    connection.report(response.status);
    return response;
  } catch (error) {
    if (request.signal.aborted) {
      throw error;
    }
    connection.markLost();
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

/**
 * The JSON API of the three services, with the paths and types of their OpenAPI documents. A call
 * throws ApiProblem if the API refuses it, and ConnectionLost if the server does not respond.
 */
export const api = createClient<AuthPaths & CatalogPaths & EventsPaths>({
  baseUrl: "",
  fetch: patientFetch,
});
api.use(throwProblems);

/** Returns the body of a successful call. */
export async function body<T>(call: Promise<{ data?: T }>): Promise<NonNullable<T>> {
  return (await call).data as NonNullable<T>;
}
