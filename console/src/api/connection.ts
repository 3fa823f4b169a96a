const POLL_MILLISECONDS = 2000;
/** The server responds to a check within this time, or it does not respond. */
const CHECK_MILLISECONDS = 1500;

/**
 * Tracks whether the server responds. While the connection is lost, it polls the server. It calls
 * its listeners when the connection is lost and when it is restored.
 */
export class Connection {
  #lost = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly isLost = (): boolean => this.#lost;

  /** Records the status of a response. 502 to 504 mean that the gateway reaches no service. */
  report(status: number): void {
    if (status >= 502 && status <= 504) {
      this.markLost();
    } else {
      this.#set(false);
    }
  }

  /** Resolves when the connection is restored. */
  whenRestored(): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.subscribe(() => {
        if (!this.#lost) {
          stop();
          resolve();
        }
      });
    });
  }

  /** Records that a request failed without a response. */
  markLost(): void {
    this.#set(true);
  }

  /** Requests a small file, and records whether the server responds. */
  async check(): Promise<void> {
    this.#set(!(await serverResponds()));
  }

  #set(lost: boolean): void {
    if (lost === this.#lost) {
      return;
    }
    this.#lost = lost;
    clearTimeout(this.#timer);
    if (lost) {
      this.#poll();
    }
    for (const listener of this.#listeners) {
      listener();
    }
  }

  #poll(): void {
    this.#timer = setTimeout(async () => {
      if (await serverResponds()) {
        this.#set(false);
      } else {
        this.#poll();
      }
    }, POLL_MILLISECONDS);
  }
}

async function serverResponds(): Promise<boolean> {
  // This path needs no token. The gateway passes it to a service.
  const status = await fetch("/.well-known/jwks.json", {
    cache: "no-store",
    signal: AbortSignal.timeout(CHECK_MILLISECONDS),
  }).then(
    (response) => response.status,
    () => 0,
  );
  return status !== 0 && status < 502;
}

export const connection = new Connection();
