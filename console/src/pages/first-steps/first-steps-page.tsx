import { useQuery } from "@tanstack/react-query";
import { Alert, Button } from "antd";
import { type ReactNode, useState } from "react";
import { Link } from "wouter";
import { api, body } from "../../api/client";
import { session } from "../../api/session";
import { useWords } from "../../i18n";
import { dockerLogin, dockerPush, registryHost } from "../../parts/text/commands";
import { Command } from "../../parts/text/copy";
import { Page } from "../../parts/page/page";
import { Failed, Loading } from "../../parts/feedback/states";
import { lazyPart } from "../../parts/page/lazy";

const NamespaceDialog = lazyPart(() => import("../namespaces/namespace-dialog"));
const DockerUserDialog = lazyPart(() => import("../docker-users/docker-user-dialog"));
const GrantFirst = lazyPart(() => import("./first-grant-dialog"));

interface Progress {
  namespaces: string[];
  users: string[];
  /** A Docker user of the account that may push, and where. */
  pusher: { namespace: string; user: string } | null;
  pushed: boolean;
}

/** Administrators see every account's objects; the steps are their own. */
function ownAlone(): { account?: string } {
  const state = session.state();
  return state.kind === "account" && state.account.role === "admin"
    ? { account: state.account.username }
    : {};
}

/** How far the account has come; asked of the API, so that what was done elsewhere counts too. */
async function readProgress(): Promise<Progress> {
  const own = ownAlone();
  const query = { limit: 20, ...own };
  const [namespaces, users, repositories] = await Promise.all([
    body(api.GET("/api/v1/namespaces", { params: { query } })),
    body(api.GET("/api/v1/docker-users", { params: { query } })),
    body(
      api.GET("/api/v1/repositories", {
        params: { query: { limit: 1, sort: "-last_pushed_at", ...own } },
      }),
    ),
  ]);
  const names = namespaces.items.map(({ name }) => name);
  const usernames = users.items.map(({ username }) => username);
  return {
    namespaces: names,
    users: usernames,
    pusher: await findPusher(names, usernames),
    pushed: repositories.items.some((each) => each.status === "active"),
  };
}

async function findPusher(namespaces: string[], users: string[]): Promise<Progress["pusher"]> {
  for (const user of users) {
    const { items } = await body(
      api.GET("/api/v1/docker-users/{username}/grants", {
        params: { path: { username: user }, query: { limit: 200 } },
      }),
    );
    const grant = items.find(
      ({ namespace, permission }) => permission === "push" && namespaces.includes(namespace),
    );
    if (grant !== undefined) {
      return { namespace: grant.namespace, user };
    }
  }
  return null;
}

type Doing = "namespace" | "dockerUser" | "grant" | null;

export default function FirstSteps(): ReactNode {
  const { say } = useWords();
  const [doing, setDoing] = useState<Doing>(null);
  const query = useQuery({
    queryKey: ["first-steps"],
    queryFn: readProgress,
    refetchInterval: ({ state }) =>
      state.data?.pushed ? false : state.data?.pusher ? 2000 : 10_000,
  });
  const close = () => {
    setDoing(null);
    void query.refetch();
  };
  if (query.isPending) {
    return <Loading />;
  }
  if (query.isLoadingError) {
    return <Failed error={query.error} retry={() => void query.refetch()} />;
  }
  const progress = query.data;
  return (
    <Page title={say("firstSteps.title")} text={say("firstSteps.text")}>
      {progress.pushed && (
        <Alert
          className="banner"
          type="success"
          showIcon
          title={say("firstSteps.finished")}
          action={<Link href="/repositories">{say("firstSteps.toRepositories")}</Link>}
        />
      )}
      <Steps progress={progress} onDo={setDoing} />
      {doing === "namespace" && <NamespaceDialog action={{ kind: "create" }} onClose={close} />}
      {doing === "dockerUser" && <DockerUserDialog action={{ kind: "create" }} onClose={close} />}
      {doing === "grant" && (
        <GrantFirst namespaces={progress.namespaces} users={progress.users} onClose={close} />
      )}
    </Page>
  );
}

function Steps({
  progress,
  onDo,
}: {
  progress: Progress;
  onDo: (doing: Doing) => void;
}): ReactNode {
  const { say } = useWords();
  const done = [
    progress.namespaces.length > 0,
    progress.users.length > 0,
    progress.pusher !== null,
    progress.pushed,
  ];
  const now = done.indexOf(false);
  const steps = ["namespace", "dockerUser", "grant", "push"] as const;
  return (
    <ol className="steps">
      {steps.map((step, index) => (
        <li
          key={step}
          className={`step ${done[index] ? "done" : index === now ? "now" : ""}`}
          aria-current={index === now ? "step" : undefined}
        >
          <span className="step-mark" aria-hidden="true">
            {done[index] ? "✓" : index + 1}
          </span>
          <div>
            <h2>
              {say(`firstSteps.${step}`)}{" "}
              {done[index] && <span className="visually-hidden">({say("firstSteps.done")})</span>}
            </h2>
            <p className="page-text">{say(`firstSteps.${step}.text`)}</p>
            {step === "push"
              ? progress.pusher !== null && (
                  <PushLines pusher={progress.pusher} waiting={!progress.pushed} />
                )
              : !done[index] &&
                index === now && (
                  <Button type="primary" onClick={() => onDo(step)}>
                    {say(
                      step === "namespace"
                        ? "namespaces.create"
                        : step === "dockerUser"
                          ? "dockerUsers.create"
                          : "grants.add",
                    )}
                  </Button>
                )}
          </div>
        </li>
      ))}
    </ol>
  );
}

function PushLines({
  pusher,
  waiting,
}: {
  pusher: { namespace: string; user: string };
  waiting: boolean;
}): ReactNode {
  const { say } = useWords();
  const host = registryHost();
  const image = `${pusher.namespace}/hello:v1`;
  return (
    <>
      <Command what={say("repository.login")} line={dockerLogin(host, pusher.user)} />
      <Command what={say("repository.pushTag")} line={`docker tag hello-world ${host}/${image}`} />
      <Command what={say("repository.push")} line={dockerPush(host, image)} />
      {waiting && <p className="page-text">{say("firstSteps.waiting")}</p>}
    </>
  );
}
