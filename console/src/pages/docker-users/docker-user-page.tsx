import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { type ReactNode, useState } from "react";
import { useLocation } from "wouter";
import { api, body } from "../../api/client";
import { isNotFound } from "../../api/problems";
import { useWords } from "../../i18n";
import { EnabledStatus } from "../../parts/feedback/enabled-status";
import { Failed, Loading } from "../../parts/feedback/states";
import { lazyDialog, lazyPart } from "../../parts/page/lazy";
import { Card, Facts, Page } from "../../parts/page/page";
import { CommandLine, PlainHttpNote } from "../../parts/text/command-line";
import { dockerLogin, registryHost } from "../../parts/text/commands";
import { formatTime } from "../../parts/text/format";
import { AccessTokensCard } from "../access-tokens/access-tokens-card";
import type { DockerUser, DockerUserAction } from "./docker-user";
import { EnableButton } from "./enable-button";
import { UserGrantsCard } from "./user-grants-card";

const ExplainCard = lazyPart(() => import("../explain/explain-card"));
const DockerUserDialog = lazyDialog(() => import("./docker-user-dialog"));

/** A Docker user with its access tokens and grants. */
export default function DockerUserPage({ username }: { username: string }): ReactNode {
  const { say } = useWords();
  const [action, setAction] = useState<DockerUserAction | null>(null);
  const [, navigate] = useLocation();
  const query = useQuery({
    queryKey: ["docker-users", "one", username],
    queryFn: () =>
      body(api.GET("/api/v1/docker-users/{username}", { params: { path: { username } } })),
  });
  if (query.isPending) {
    return <Loading />;
  }
  if (query.isLoadingError || isNotFound(query.error)) {
    return <Failed error={query.error} retry={() => void query.refetch()} />;
  }
  const user = query.data;
  return (
    <Page
      title={username}
      breadcrumbs={[{ href: "/docker-users", text: say("dockerUsers.title") }]}
      text={user.description}
      actions={
        <>
          <Button onClick={() => setAction({ kind: "change", user })}>
            {say("common.change")}
          </Button>
          <Button onClick={() => setAction({ kind: "password", user })}>
            {say("dockerUsers.changePassword")}
          </Button>
          {user.disabled ? (
            <EnableButton username={username} />
          ) : (
            <Button onClick={() => setAction({ kind: "disable", user })}>
              {say("dockerUsers.disable")}
            </Button>
          )}
          <Button danger onClick={() => setAction({ kind: "delete", user })}>
            {say("common.delete")}
          </Button>
        </>
      }
    >
      <div className="columns">
        <Overview user={user} />
        <Card title={say("dockerUsers.commands")} text={say("repository.commands.text")}>
          <CommandLine
            what={say("repository.login")}
            line={dockerLogin(registryHost(), username)}
          />
          <PlainHttpNote />
        </Card>
      </div>
      <AccessTokensCard username={username} />
      <UserGrantsCard username={username} />
      <ExplainCard dockerUser={username} />
      {action && (
        <DockerUserDialog
          action={action}
          onClose={() => setAction(null)}
          onDeleted={() => navigate("/docker-users", { replace: true })}
        />
      )}
    </Page>
  );
}

function Overview({ user }: { user: DockerUser }): ReactNode {
  const { say, locale } = useWords();
  return (
    <Card title={say("repository.overview")}>
      <Facts
        facts={[
          [say("dockerUsers.status"), <EnabledStatus key="status" disabled={user.disabled} />],
          [
            say("dockerUsers.lastLogin"),
            user.last_login_at === null
              ? say("common.never")
              : formatTime(user.last_login_at, locale),
          ],
          [say("common.created"), formatTime(user.created_at, locale)],
          [say("common.account"), user.account],
          [
            say("dockerUsers.loginStores"),
            say(
              user.token_login
                ? "dockerUsers.loginStores.token"
                : "dockerUsers.loginStores.password",
            ),
          ],
        ]}
      />
    </Card>
  );
}
