import { type ComponentType, type ReactNode, useEffect, useState } from "react";
import { connection } from "../../api/connection";

/**
 * A part of the console that is loaded when it is first needed. Where that fails the connection is lost, or the console was
 * updated and the file is gone: once the server answers, the page is loaded anew.
 *
 * Not React's `lazy`: after a fallback was drawn, Suspense holds back what it waited for until 300 ms have gone by.
 */
export function lazyPart<Props extends object>(
  load: () => Promise<{ default: ComponentType<Props> }>,
  meanwhile: ReactNode = null,
): ComponentType<Props> {
  let loaded: ComponentType<Props> | null = null;
  let loading: Promise<void> | null = null;
  const start = () => (loading ??= load().then((part) => void (loaded = part.default), loadAnew));

  return function Part(props: Props): ReactNode {
    const [Drawn, setDrawn] = useState(() => loaded);
    useEffect(() => {
      let current = true;
      void start().then(() => current && setDrawn(() => loaded));
      return () => {
        current = false;
      };
    }, []);
    return Drawn === null ? meanwhile : <Drawn {...props} />;
  };
}

/** Loads the page anew once the server answers; never resolves. */
export async function loadAnew(): Promise<never> {
  connection.lose();
  await connection.found();
  window.location.reload();
  return new Promise<never>(() => undefined);
}
