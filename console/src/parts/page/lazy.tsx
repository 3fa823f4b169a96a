import { type ComponentType, type ReactNode, useEffect, useState } from "react";
import { connection } from "../../api/connection";
import { PATIENCE_MILLISECONDS } from "../../api/patience";

type Load<Props> = () => Promise<{ default: ComponentType<Props> }>;

/**
 * Returns a component that loads its code when it first renders, and shows `placeholder` until
 * then. If the code does not arrive within 8 s, the connection is lost. If the code fails to load,
 * because the connection is lost or an update has replaced the file, the page reloads as soon as
 * the server answers.
 *
 * This replaces React's `lazy`: once Suspense shows a fallback, it keeps it for at least 300 ms.
 */
export function lazyPart<Props extends object>(
  load: Load<Props>,
  placeholder: ReactNode = null,
): ComponentType<Props> {
  let loaded: ComponentType<Props> | null = null;
  let loading: Promise<void> | null = null;
  const startLoading = () =>
    (loading ??= reportDelay(load()).then(
      (part) => void (loaded = part.default),
      reloadWhenConnected,
    ));

  return function LazyPart(props: Props): ReactNode {
    const [Part, setPart] = useState(() => loaded);
    useEffect(() => {
      let mounted = true;
      void startLoading().then(() => mounted && setPart(() => loaded));
      return () => {
        mounted = false;
      };
    }, []);
    return Part === null ? placeholder : <Part {...props} />;
  };
}

/**
 * Returns a dialog whose code loads once the page is idle, so that it opens at once later, even if
 * the server no longer responds.
 */
export function lazyDialog<Props extends object>(load: Load<Props>): ComponentType<Props> {
  whenIdle(() => void load().catch(() => undefined)); // opening the dialog loads it again
  return lazyPart(load);
}

function whenIdle(work: () => void): void {
  if ("requestIdleCallback" in window) {
    window.requestIdleCallback(work);
  } else {
    setTimeout(work, 1000); // Safari
  }
}

async function reportDelay<T>(loading: Promise<T>): Promise<T> {
  const timer = setTimeout(() => connection.markLost(), PATIENCE_MILLISECONDS);
  try {
    return await loading;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Reloads the page once the server answers. The promise never resolves. A late response to an
 * earlier request also restores the connection. A reload without a server would leave the browser's
 * error page, so that the function asks the server first.
 */
export async function reloadWhenConnected(): Promise<never> {
  connection.markLost();
  do {
    await connection.whenRestored();
    await connection.check();
  } while (connection.isLost());
  window.location.reload();
  return new Promise<never>(() => undefined);
}
