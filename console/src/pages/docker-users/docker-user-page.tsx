import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { type ReactNode, useState } from "react";
import { Link, useLocation } from "wouter";
import { api, body } from "../../api/client";
import { isNotFound } from "../../api/problems";
import { useWords } from "../../i18n";
import { dockerLogin, registryHost } from "../../parts/text/commands";
import { Command, PlainHttpNote } from "../../parts/text/copy";
import { moment } from "../../parts/text/format";
import { Card, Facts, Page } from "../../parts/page/page";
import { Empty, Failed, Loading } from "../../parts/feedback/states";
import { DataTable } from "../../parts/tables/data-table";
import type { DockerUserAction } from "./docker-user-dialog";
import { EnableButton } from "./enable-button";
import { DockerUserStatus } from "./docker-users-page";
import { Tokens } from "../access-tokens/access-tokens-card";
import { lazyPart } from "../../parts/page/lazy";

const Dialog = lazyPart(() => import("./docker-user-dialog"));

export default function DockerUser({ username }: { username: string }): ReactNode {
  const { say, locale } = useWords();
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
      above={[{ href: "/docker-users", text: say("dockerUsers.title") }]}
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
        <Card title={say("repository.overview")}>
          <Facts
            facts={[
              [
                say("dockerUsers.status"),
                <DockerUserStatus key="status" disabled={user.disabled} />,
              ],
              [
                say("dockerUsers.lastLogin"),
                user.last_login_at === null
                  ? say("common.never")
                  : moment(user.last_login_at, locale),
              ],
              [say("common.created"), moment(user.created_at, locale)],
              [say("common.account"), user.account],
              [
                say("dockerUsers.keeps"),
                say(user.token_login ? "dockerUsers.keeps.token" : "dockerUsers.keeps.password"),
              ],
            ]}
          />
        </Card>
        <Card title={say("dockerUsers.commands")} text={say("repository.commands.text")}>
          <Command what={say("repository.login")} line={dockerLogin(registryHost(), username)} />
          <PlainHttpNote />
        </Card>
      </div>
      <Tokens username={username} />
      <UserGrants username={username} />
      {action && (
        <Dialog
          action={action}
          onClose={() => setAction(null)}
          onDeleted={() => navigate("/docker-users", { replace: true })}
        />
      )}
    </Page>
  );
}

function UserGrants({ username }: { username: string }): ReactNode {
  const { say } = useWords();
  const query = useInfiniteQuery({
    queryKey: ["grants", "of", username],
    queryFn: ({ pageParam }) =>
      body(
        api.GET("/api/v1/docker-users/{username}/grants", {
          params: {
            path: { username },
            query: { limit: 100, cursor: pageParam || undefined } as never,
          },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor,
  });
  const grants = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Card title={say("dockerUsers.grants")}>
      {query.isPending ? (
        <Loading lines={2} />
      ) : query.isLoadingError ? (
        <Failed error={query.error} retry={() => void query.refetch()} />
      ) : grants.length === 0 ? (
        <Empty
          title={say("dockerUsers.grants.empty")}
          text={say("dockerUsers.grants.empty.text")}
        />
      ) : (
        <DataTable
          label={say("dockerUsers.grants")}
          rows={grants}
          rowKey={(row) => row.namespace}
          columns={[
            {
              key: "namespace",
              title: say("namespaces.namespace"),
              cell: (row) => <Link href={`/namespaces/${row.namespace}`}>{row.namespace}</Link>,
            },
            {
              key: "permission",
              title: say("permission.label"),
              cell: (row) => say(`permission.${row.permission}`),
            },
          ]}
        />
      )}
      {query.hasNextPage && (
        <div className="pager">
          <Button onClick={() => void query.fetchNextPage()}>{say("common.more")}</Button>
        </div>
      )}
    </Card>
  );
}
