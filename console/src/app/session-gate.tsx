import { type ReactNode, useEffect, useState, useSyncExternalStore } from "react";
import { Redirect, useLocation, useSearch } from "wouter";
import { connection } from "../api/connection";
import { session } from "../api/session";
import { Failed } from "../parts/feedback/states";
import { lazyPart } from "../parts/page/lazy";
import { safeReturn } from "../parts/page/url";
import { Pages } from "./pages";

const Shell = lazyPart(() => import("./shell"));
const SignIn = lazyPart(() => import("../pages/sign-in-page"));

/**
 * Shows the pages only to a signed-in account. Redirects everybody else to the sign-in page and,
 * after they sign in, back to the requested page.
 */
export function SessionGate(): ReactNode {
  const state = useSyncExternalStore(session.subscribe, session.state);
  const [failure, setFailure] = useState<unknown>(null);
  const [path] = useLocation();
  const search = useSearch();
  const renewSession = () => {
    setFailure(null);
    session.renew().catch(setFailure);
  };
  useEffect(() => {
    session.renew().catch(setFailure);
  }, []);
  useEffect(
    () =>
      connection.subscribe(() => {
        if (!connection.isLost() && session.state().kind === "unknown") {
          setFailure(null);
          session.renew().catch(setFailure);
        }
      }),
    [],
  );
  if (state.kind === "unknown") {
    return failure === null ? null : (
      <main className="full-page">
        <Failed error={failure} retry={renewSession} />
      </main>
    );
  }
  if (state.kind === "signed-out") {
    if (path === "/sign-in") {
      return <SignIn ended={state.ended} />;
    }
    const requested = path + (search === "" ? "" : `?${search}`);
    return (
      <Redirect
        to={requested === "/" ? "/sign-in" : `/sign-in?return=${encodeURIComponent(requested)}`}
        replace
      />
    );
  }
  if (path === "/sign-in") {
    return (
      <Redirect to={safeReturn(new URLSearchParams(search).get("return") ?? undefined)} replace />
    );
  }
  return (
    <Shell account={state.account}>
      <Pages admin={state.account.role === "admin"} />
    </Shell>
  );
}
