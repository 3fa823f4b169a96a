import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { ConfigProvider } from "antd";
import type { Locale } from "antd/es/locale";
import { type ReactNode, useEffect, useState, useSyncExternalStore } from "react";
import { Redirect, Route, Switch, useLocation, useSearch } from "wouter";
import { connection } from "../api/connection";
import { isTemporary } from "../api/problems";
import { session } from "../api/session";
import { useWords } from "../i18n";
import { ErrorBoundary } from "../parts/feedback/error-boundary";
import { Failed, Loading, NotFound } from "../parts/feedback/states";
import { safeReturn } from "../parts/page/url";
import { LostConnection, Notice } from "./status-messages";
import { theme } from "./theme";
import { lazyPart } from "../parts/page/lazy";

const Shell = lazyPart(() => import("./shell"));
const SignIn = lazyPart(() => import("../pages/sign-in-page"));
const Home = lazyPart(() => import("../pages/home-page"), <Loading />);
const Repositories = lazyPart(() => import("../pages/repositories/repositories-page"), <Loading />);
const Repository = lazyPart(() => import("../pages/repositories/repository-page"), <Loading />);
const Image = lazyPart(() => import("../pages/images/image-page"), <Loading />);
const Namespaces = lazyPart(() => import("../pages/namespaces/namespaces-page"), <Loading />);
const Namespace = lazyPart(() => import("../pages/namespaces/namespace-page"), <Loading />);
const DockerUsers = lazyPart(() => import("../pages/docker-users/docker-users-page"), <Loading />);
const DockerUser = lazyPart(() => import("../pages/docker-users/docker-user-page"), <Loading />);
const FirstSteps = lazyPart(() => import("../pages/first-steps/first-steps-page"), <Loading />);
const ApiKeys = lazyPart(() => import("../pages/api-keys/api-keys-page"), <Loading />);
const Activity = lazyPart(() => import("../pages/activity/activity-page"), <Loading />);
const Accounts = lazyPart(() => import("../pages/accounts/accounts-page"), <Loading />);
const OwnAccount = lazyPart(() => import("../pages/accounts/own-account-page"), <Loading />);
const Pipeline = lazyPart(() => import("../pages/pipeline/pipeline-page"), <Loading />);

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2000,
      networkMode: "always", // `connection` detects a lost connection, not the browser
      // Retries 502, 503, and 504. If the connection is lost, `connection` polls the server. Once
      // the server responds, the listener below fetches every query again.
      retry: (failures, error) => isTemporary(error) && failures < 2,
    },
    mutations: { networkMode: "always" },
  },
});

let wasLost = false;
connection.subscribe(() => {
  if (wasLost && !connection.isLost()) {
    void queries.invalidateQueries();
  }
  wasLost = connection.isLost();
});
session.subscribe(() => {
  if (session.state().kind === "signed-out") {
    queries.clear(); // the next account must not see data of this one
  }
});

const locales: Record<string, () => Promise<{ default: Locale }>> = {
  zh: () => import("antd/locale/zh_CN"),
  en: () => import("antd/locale/en_US"),
};

/** The whole console: providers, messages that concern every page, and the pages. */
export function App(): ReactNode {
  const { language } = useWords();
  const [locale, setLocale] = useState<Locale>();
  useEffect(() => {
    let current = true;
    void locales[language]?.().then((module) => current && setLocale(module.default));
    return () => {
      current = false;
    };
  }, [language]);
  return (
    <ConfigProvider
      theme={theme}
      wave={{ disabled: true }}
      button={{ autoInsertSpace: false }}
      {...(locale ? { locale } : {})}
    >
      <QueryClientProvider client={queries}>
        <LostConnection />
        <Notice />
        <ErrorBoundary>
          <SessionGate />
        </ErrorBoundary>
      </QueryClientProvider>
    </ConfigProvider>
  );
}

/**
 * Shows the pages only to a signed-in account. Redirects everybody else to the sign-in page and,
 * after they sign in, back to the requested page.
 */
function SessionGate(): ReactNode {
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

/** The page for the current path. A contract test compares these paths with the gateway's. */
function Pages({ admin }: { admin: boolean }): ReactNode {
  const [path] = useLocation();
  return (
    <ErrorBoundary key={path}>
      <Switch>
        <Route path="/" component={Home} />
        <Route path="/first-steps" component={FirstSteps} />
        <Route path="/repositories" component={Repositories} />
        <Route path={/^\/repositories\/(?<namespace>[^/:@]+)\/(?<repository>[^:@]+)$/}>
          {(at) => <Repository namespace={decode(at.namespace)} name={decode(at.repository)} />}
        </Route>
        <Route
          path={
            /^\/repositories\/(?<namespace>[^/:@]+)\/(?<repository>[^:@]+)(?<reference>[:@].+)$/
          }
        >
          {(at) => (
            <Image
              namespace={decode(at.namespace)}
              repository={decode(at.repository)}
              reference={decode(at.reference)}
            />
          )}
        </Route>
        <Route path="/namespaces" component={Namespaces} />
        <Route path="/namespaces/:namespace">
          {(at) => <Namespace name={decode(at.namespace)} />}
        </Route>
        <Route path="/docker-users" component={DockerUsers} />
        <Route path="/docker-users/:username">
          {(at) => <DockerUser username={decode(at.username)} />}
        </Route>
        <Route path="/account/api-keys" component={ApiKeys} />
        <Route path="/activity" component={Activity} />
        <Route path="/account" component={OwnAccount} />
        {admin && <Route path="/accounts" component={Accounts} />}
        {admin && <Route path="/pipeline" component={Pipeline} />}
        <Route component={NotFound} />
      </Switch>
    </ErrorBoundary>
  );
}

/** Decodes one part of a path. A part with an invalid escape sequence is returned as it is. */
function decode(part: string | undefined): string {
  try {
    return decodeURIComponent(part ?? "");
  } catch {
    return part ?? "";
  }
}
