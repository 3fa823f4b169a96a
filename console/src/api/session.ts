import { connection } from "./connection";
import type { components } from "./generated/auth";
import { watchWrite } from "./patience";
import { ConnectionLost, problemOf } from "./problems";

export type Account = components["schemas"]["AccountOut"];
type SessionOut = components["schemas"]["SessionOut"];

/** `unknown` until the first renewal. `ended` is true if a session existed and has ended. */
export type SessionState =
  | { kind: "unknown" }
  | { kind: "signed-out"; ended: boolean }
  | { kind: "signed-in"; account: Account };

const SESSIONS = "/api/v1/sessions";
/** A token is renewed this long before it expires, so that no request carries an expired token. */
const RENEW_BEFORE_SECONDS = 30;

/**
 * The session of this tab. The access token exists only in the memory of this object. The refresh
 * token is in a cookie that scripts cannot read. With this cookie, a reload or a second tab gets an
 * access token of its own.
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

  /** Returns an access token, renewed if it is about to expire; null if nobody is signed in. */
  async token(): Promise<string | null> {
    if (this.#token === null || this.now() >= this.#renewAt) {
      await this.renew();
    }
    return this.#token;
  }

  /**
   * Requests a new access token with the refresh cookie. Concurrent calls share one request.
   * Returns whether an account is signed in. Throws ConnectionLost or ApiProblem, and then changes
   * nothing.
   */
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
      this.#end(this.#state.kind === "signed-in" || response.status === 401);
      return false;
    }
    this.#begin((await response.json()) as SessionOut);
    return true;
  }

  /** Starts a session. Throws ApiProblem if the API refuses the name or the password. */
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
      const response = await watchWrite(
        this.send(path, {
          method,
          headers,
          body: body === undefined ? null : JSON.stringify(body),
        }),
      );
      connection.report(response.status);
      return response;
    } catch {
      connection.markLost();
      throw new ConnectionLost();
    }
  }

  #begin(session: SessionOut): void {
    this.#token = session.access_token;
    this.#renewAt = this.now() + Math.max(1, session.expires_in - RENEW_BEFORE_SECONDS);
    this.#set({ kind: "signed-in", account: session.account });
  }

  #end(ended: boolean): void {
    this.#token = null;
    this.#set({ kind: "signed-out", ended });
  }

  #set(state: SessionState): void {
    this.#state = state;
    for (const listener of this.#listeners) {
      listener();
    }
  }
}

export const session = new Session();
