import { connection } from "./connection";
import type { components } from "./generated/auth";
import { ConnectionLost, problemOf } from "./problems";

export type Account = components["schemas"]["AccountOut"];
type SessionOut = components["schemas"]["SessionOut"];

/** Who is signed in: not known yet, nobody, or an account. `ended`: a session was there and is over. */
export type SessionState =
  { kind: "unknown" } | { kind: "nobody"; ended: boolean } | { kind: "account"; account: Account };

const SESSIONS = "/api/v1/sessions";
/** A token is renewed this long before its end, so that no request meets it. */
const EARLY_SECONDS = 30;

/**
 * The session: the access token is in this object's memory alone, the refresh token in a cookie that no script sees.
 * A second tab or a reload gets its own access token by the cookie.
 */
export class Session {
  #token: string | null = null;
  #renewAt = 0;
  #renewing: Promise<boolean> | null = null;
  #state: SessionState = { kind: "unknown" };
  readonly #listeners = new Set<() => void>();

  constructor(
    private readonly send: typeof fetch = (input, init) => fetch(input, init),
    private readonly now: () => number = () => performance.now() / 1000,
  ) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly state = (): SessionState => this.#state;

  /** A token that is good for a while yet; null when nobody is signed in. */
  async token(): Promise<string | null> {
    if (this.#token === null || this.now() >= this.#renewAt) {
      await this.renew();
    }
    return this.#token;
  }

  /** Asks for a new token by the cookie; calls at once share one request. Throws ConnectionLost, and then nothing has changed. */
  renew(): Promise<boolean> {
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  async #renew(): Promise<boolean> {
    const response = await this.#call("POST", `${SESSIONS}/refresh`);
    if (response.status >= 500) {
      throw problemOf(response, await response.json().catch(() => null));
    }
    if (response.status !== 200) {
      this.#end(this.#state.kind === "account" || response.status === 401);
      return false;
    }
    this.#begin((await response.json()) as SessionOut);
    return true;
  }

  /** Throws ApiProblem when the name or password is refused. */
  async signIn(username: string, password: string): Promise<void> {
    const response = await this.#call("POST", SESSIONS, { username, password });
    const body: unknown = await response.json().catch(() => null);
    if (response.status !== 201) {
      throw problemOf(response, body);
    }
    this.#begin(body as SessionOut);
  }

  /** Ends this session, or all sessions of the account. */
  async signOut(everywhere = false): Promise<void> {
    const response = await this.#call(
      "DELETE",
      everywhere ? SESSIONS : `${SESSIONS}/current`,
      undefined,
      await this.token(),
    );
    if (!response.ok && response.status !== 401) {
      throw problemOf(response, await response.json().catch(() => null));
    }
    this.#end(false);
  }

  async #call(
    method: string,
    path: string,
    body?: unknown,
    token?: string | null,
  ): Promise<Response> {
    const headers: Record<string, string> = {};
    if (body !== undefined) {
      headers["Content-Type"] = "application/json";
    }
    if (token) {
      headers.Authorization = `Bearer ${token}`;
    }
    try {
      const response = await this.send(path, {
        method,
        headers,
        body: body === undefined ? null : JSON.stringify(body),
      });
      connection.met(response.status);
      return response;
    } catch {
      connection.lose();
      throw new ConnectionLost();
    }
  }

  #begin(session: SessionOut): void {
    this.#token = session.access_token;
    this.#renewAt = this.now() + Math.max(1, session.expires_in - EARLY_SECONDS);
    this.#set({ kind: "account", account: session.account });
  }

  #end(ended: boolean): void {
    this.#token = null;
    this.#set({ kind: "nobody", ended });
  }

  #set(state: SessionState): void {
    this.#state = state;
    for (const listener of this.#listeners) {
      listener();
    }
  }
}

export const session = new Session();
