import { beforeEach, describe, expect, it } from "vitest";
import { ApiProblem, ConnectionLost } from "./problems";
import { Session } from "./session";

const ACCOUNT = { username: "acme", role: "member", created_at: "2026-01-01T00:00:00Z" };

interface Call {
  method: string;
  path: string;
  authorization: string | undefined;
}

describe("Session", () => {
  let now = 0;
  let calls: Call[] = [];
  let answers: (() => Response | Promise<Response>)[] = [];

  const send = (path: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const headers = (init?.headers ?? {}) as Record<string, string>;
    calls.push({
      method: init?.method ?? "GET",
      path: path as string,
      authorization: headers.Authorization,
    });
    const answer = answers.shift();
    return answer === undefined
      ? Promise.reject(new TypeError("Failed to fetch"))
      : Promise.resolve(answer());
  };
  const opened =
    (token: string, status = 200) =>
    () =>
      Response.json(
        { access_token: token, token_type: "Bearer", expires_in: 300, account: ACCOUNT },
        { status },
      );
  const session = () => new Session(send, () => now);

  beforeEach(() => {
    now = 0;
    calls = [];
    answers = [];
  });

  it("is unknown until the first renewal", async () => {
    const own = session();
    expect(own.state()).toEqual({ kind: "unknown" });
    answers = [() => new Response(null, { status: 204 })];
    expect(await own.renew()).toBe(false);
    expect(own.state()).toEqual({ kind: "signed-out", ended: false });
  });

  it("renews the token 30 seconds before it expires", async () => {
    const own = session();
    answers = [opened("first", 201), opened("second")];
    await own.signIn("acme", "password");
    now = 269;
    expect(await own.token()).toBe("first");
    now = 271;
    expect(await own.token()).toBe("second");
    expect(calls.map(({ path }) => path)).toEqual(["/api/v1/sessions", "/api/v1/sessions/refresh"]);
  });

  it("sends one request for concurrent calls", async () => {
    const own = session();
    answers = [opened("one")];
    expect(await Promise.all([own.token(), own.token(), own.token()])).toEqual([
      "one",
      "one",
      "one",
    ]);
    expect(calls).toHaveLength(1);
  });

  it("records that the session has ended, for the sign-in page", async () => {
    const own = session();
    answers = [opened("one", 201), () => Response.json({ code: "session_ended" }, { status: 401 })];
    await own.signIn("acme", "password");
    now = 1000;
    expect(await own.token()).toBeNull();
    expect(own.state()).toEqual({ kind: "signed-out", ended: true });
  });

  it("stays signed in while the server is unreachable", async () => {
    const own = session();
    answers = [opened("one", 201)];
    await own.signIn("acme", "password");
    now = 1000;
    await expect(own.token()).rejects.toBeInstanceOf(ConnectionLost);
    expect(own.state().kind).toBe("signed-in");
  });

  it("stays signed in while the server fails", async () => {
    const own = session();
    answers = [
      opened("one", 201),
      () => Response.json({ code: "database_unavailable" }, { status: 503 }),
    ];
    await own.signIn("acme", "password");
    now = 1000;
    await expect(own.token()).rejects.toBeInstanceOf(ApiProblem);
    expect(own.state().kind).toBe("signed-in");
  });

  it("ends one session or all of them", async () => {
    const own = session();
    const done = () => new Response(null, { status: 204 });
    answers = [opened("one", 201), done, opened("two", 201), done];
    await own.signIn("acme", "password");
    await own.signOut();
    await own.signIn("acme", "password");
    await own.signOut(true);
    expect(own.state()).toEqual({ kind: "signed-out", ended: false });
    expect(calls.filter(({ method }) => method === "DELETE")).toEqual([
      { method: "DELETE", path: "/api/v1/sessions/current", authorization: "Bearer one" },
      { method: "DELETE", path: "/api/v1/sessions", authorization: "Bearer two" },
    ]);
  });
});
