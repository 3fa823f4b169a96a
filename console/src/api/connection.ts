const POLL_MILLISECONDS = 2000;

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
      // This path needs no token. The gateway passes it to a service.
      const status = await fetch("/.well-known/jwks.json", { cache: "no-store" }).then(
        (response) => response.status,
        () => 0,
      );
      if (status === 0 || status >= 502) {
        this.#poll();
      } else {
        this.#set(false);
      }
    }, POLL_MILLISECONDS);
  }
}

export const connection = new Connection();
