/** Whether the server answers. While it does not, it is asked every few seconds, and whoever listens hears when it is back. */
export class Connection {
  #lost = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly isLost = (): boolean => this.#lost;

  /** An answer came: from the services, or from a gateway that does not reach them. */
  met(status: number): void {
    if (status >= 502 && status <= 504) {
      this.lose();
    } else {
      this.#set(false);
    }
  }

  /** Resolves when the server answers again. */
  found(): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.subscribe(() => {
        if (!this.#lost) {
          stop();
          resolve();
        }
      });
    });
  }

  lose(): void {
    this.#set(true);
  }

  #set(lost: boolean): void {
    if (lost === this.#lost) {
      return;
    }
    this.#lost = lost;
    clearTimeout(this.#timer);
    if (lost) {
      this.#ask();
    }
    for (const listener of this.#listeners) {
      listener();
    }
  }

  #ask(): void {
    this.#timer = setTimeout(async () => {
      // Through the gateway to a service, without a token: its 401 is an answer.
      const status = await fetch("/.well-known/jwks.json", { cache: "no-store" }).then(
        (response) => response.status,
        () => 0,
      );
      if (status === 0 || status >= 502) {
        this.#ask();
      } else {
        this.#set(false);
      }
    }, 2000);
  }
}

export const connection = new Connection();
