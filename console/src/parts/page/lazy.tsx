import { type ComponentType, type ReactNode, useEffect, useState } from "react";
import { connection } from "../../api/connection";

/**
 * Returns a component that loads its code when it first renders, and shows `placeholder` until
 * then. The code fails to load if the connection is lost or an update has replaced the file. In
 * both cases, the page reloads as soon as the server answers.
 *
 * This replaces React's `lazy`: once Suspense shows a fallback, it keeps it for at least 300 ms.
 */
export function lazyPart<Props extends object>(
  load: () => Promise<{ default: ComponentType<Props> }>,
  placeholder: ReactNode = null,
): ComponentType<Props> {
  let loaded: ComponentType<Props> | null = null;
  let loading: Promise<void> | null = null;
  const startLoading = () =>
    (loading ??= load().then((part) => void (loaded = part.default), reloadWhenConnected));

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

/** Reloads the page once the server answers. The promise never resolves. */
export async function reloadWhenConnected(): Promise<never> {
  connection.markLost();
  await connection.whenRestored();
  window.location.reload();
  return new Promise<never>(() => undefined);
}
