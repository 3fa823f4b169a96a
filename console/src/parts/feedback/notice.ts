const SHOWN_MILLISECONDS = 4000;

/** A short message that confirms an action and disappears after 4 s. */
class Notice {
  #text = "";
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #listeners = new Set<() => void>();

  /** Calls `listener` on each change; returns a function that removes it. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Returns the current message; empty if there is none. */
  readonly text = (): string => this.#text;

  /** Shows `text` instead of the current message. */
  show(text: string): void {
    clearTimeout(this.#timer);
    this.#set(text);
    this.#timer = setTimeout(() => this.#set(""), SHOWN_MILLISECONDS);
  }

  #set(text: string): void {
    this.#text = text;
    for (const listener of this.#listeners) {
      listener();
    }
  }
}

/** The one notice of the console. */
export const notice = new Notice();
