import type { ReactNode } from "react";
import { Route, Switch, useLocation } from "wouter";
import { ErrorBoundary } from "../parts/feedback/error-boundary";
import { Loading, NotFound } from "../parts/feedback/states";
import { lazyPart } from "../parts/page/lazy";

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
const Trash = lazyPart(() => import("../pages/trash/trash-page"), <Loading />);
const Collection = lazyPart(() => import("../pages/collection/collection-page"), <Loading />);
const Accounts = lazyPart(() => import("../pages/accounts/accounts-page"), <Loading />);
const OwnAccount = lazyPart(() => import("../pages/accounts/own-account-page"), <Loading />);
const Pipeline = lazyPart(() => import("../pages/pipeline/pipeline-page"), <Loading />);

/** The page for the current path. A contract test compares these paths with the gateway's. */
export function Pages({ admin }: { admin: boolean }): ReactNode {
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
        <Route path="/trash" component={Trash} />
        {admin && <Route path="/overview" component={Collection} />}
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
