type Listener = () => void;

const SHOWN_MILLISECONDS = 4000;

/** A short word on what was done, which goes away by itself. */
class Notice {
  #text = "";
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #listeners = new Set<Listener>();

  readonly subscribe = (listener: Listener): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly text = (): string => this.#text;

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

export const notice = new Notice();
