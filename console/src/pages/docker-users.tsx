import { Button } from "antd";
import { type ReactNode, Suspense, useState } from "react";
import { Link, useLocation } from "wouter";
import { api, body, type Model } from "../api/client";
import { useWords } from "../i18n";
import { moment } from "../parts/format";
import { ResourceList } from "../parts/list";
import { Page } from "../parts/page";
import { Empty } from "../parts/states";
import { Status } from "../parts/status";
import type { Column } from "../parts/table";
import type { DockerUserAction } from "./docker-user-dialogs";
import { lazyPart } from "../parts/lazy";

const Dialog = lazyPart(() => import("./docker-user-dialogs"));

type DockerUser = Model<"DockerUserOut">;

export default function DockerUsers(): ReactNode {
  const { say } = useWords();
  const [action, setAction] = useState<DockerUserAction | null>(null);
  const [, navigate] = useLocation();
  const columns = useColumns(setAction);
  const create = (
    <Button type="primary" onClick={() => setAction({ kind: "create" })}>
      {say("dockerUsers.create")}
    </Button>
  );
  return (
    <Page title={say("dockerUsers.title")} actions={create}>
      <ResourceList<DockerUser>
        label={say("dockerUsers.title")}
        queryKey={["docker-users", "list"]}
        fetchPage={({ q, cursor, limit }) => body(api.GET("/api/v1/docker-users", { params: { query: { q, cursor, limit } as never } }))}
        columns={columns}
        rowKey={(row) => row.username}
        searchLabel={say("dockerUsers.search")}
        empty={
          <Empty title={say("dockerUsers.empty")} text={say("dockerUsers.empty.text")}>
            {create}
          </Empty>
        }
      />
      {action && (
        <Suspense>
          <Dialog action={action} onClose={() => setAction(null)} onMade={(username) => navigate(`/docker-users/${username}`)} />
        </Suspense>
      )}
    </Page>
  );
}

export function DockerUserStatus({ disabled }: { disabled: boolean }): ReactNode {
  const { say } = useWords();
  return <Status tone={disabled ? "bad" : "good"} text={say(disabled ? "dockerUsers.disabled" : "dockerUsers.active")} />;
}

function useColumns(onAction: (action: DockerUserAction) => void): Column<DockerUser>[] {
  const { say, locale } = useWords();
  return [
    {
      key: "name",
      title: say("dockerUsers.dockerUser"),
      cell: (row) => (
        <div className="name-cell">
          <Link href={`/docker-users/${row.username}`}>{row.username}</Link>
          {row.description && <p className="row-text">{row.description}</p>}
        </div>
      ),
    },
    { key: "status", title: say("dockerUsers.status"), cell: (row) => <DockerUserStatus disabled={row.disabled} /> },
    {
      key: "login",
      title: say("dockerUsers.lastLogin"),
      cell: (row) => (row.last_login_at === null ? say("common.never") : moment(row.last_login_at, locale)),
    },
    { key: "created", title: say("common.created"), cell: (row) => moment(row.created_at, locale) },
    {
      key: "actions",
      title: say("common.actions"),
      cell: (row) => (
        <>
          <Button
            size="small"
            type="link"
            aria-label={`${say("dockerUsers.changePassword")}: ${row.username}`}
            onClick={() => onAction({ kind: "password", user: row })}
          >
            {say("dockerUsers.changePassword")}
          </Button>
          <Button
            size="small"
            type="link"
            danger
            aria-label={`${say("common.delete")}: ${row.username}`}
            onClick={() => onAction({ kind: "delete", user: row })}
          >
            {say("common.delete")}
          </Button>
        </>
      ),
    },
  ];
}
