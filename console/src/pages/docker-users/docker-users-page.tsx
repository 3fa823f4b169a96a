import { Button } from "antd";
import { type ReactNode, useState } from "react";
import { Link, useLocation } from "wouter";
import { api, body, type Model } from "../../api/client";
import { useWords } from "../../i18n";
import { useAdmin } from "../../parts/access/admin";
import { ResourceList } from "../../parts/tables/resource-list";
import { Page } from "../../parts/page/page";
import { Empty } from "../../parts/feedback/states";
import { Status } from "../../parts/feedback/status";
import type { Column } from "../../parts/tables/data-table";
import { Ago } from "../../parts/text/time";
import type { DockerUserAction } from "./docker-user-dialog";
import { EnableButton } from "./enable-button";
import { lazyPart } from "../../parts/page/lazy";

const Dialog = lazyPart(() => import("./docker-user-dialog"));

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
        fetchPage={({ q, cursor, limit, account }) =>
          body(
            api.GET("/api/v1/docker-users", {
              params: { query: { q, cursor, limit, account } as never },
            }),
          )
        }
        byAccount
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
        <Dialog
          action={action}
          onClose={() => setAction(null)}
          onMade={(username) => navigate(`/docker-users/${username}`)}
        />
      )}
    </Page>
  );
}

export function DockerUserStatus({ disabled }: { disabled: boolean }): ReactNode {
  const { say } = useWords();
  return (
    <Status
      tone={disabled ? "bad" : "good"}
      text={say(disabled ? "dockerUsers.disabled" : "dockerUsers.active")}
    />
  );
}

function useColumns(onAction: (action: DockerUserAction) => void): Column<DockerUser>[] {
  const { say } = useWords();
  const admin = useAdmin();
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
    ...(admin
      ? [{ key: "account", title: say("common.account"), cell: (row: DockerUser) => row.account }]
      : []),
    {
      key: "status",
      title: say("dockerUsers.status"),
      cell: (row) => <DockerUserStatus disabled={row.disabled} />,
    },
    {
      key: "login",
      title: say("dockerUsers.lastLogin"),
      cell: (row) => <Ago at={row.last_login_at} />,
    },
    { key: "created", title: say("common.created"), cell: (row) => <Ago at={row.created_at} /> },
    {
      key: "actions",
      title: say("common.actions"),
      cell: (row) => {
        const button = (kind: "password" | "disable" | "delete", text: string) => (
          <Button
            size="small"
            type="link"
            danger={kind === "delete"}
            aria-label={`${text}: ${row.username}`}
            onClick={() => onAction({ kind, user: row })}
          >
            {text}
          </Button>
        );
        return (
          <>
            {button("password", say("dockerUsers.changePassword"))}
            {row.disabled ? (
              <EnableButton username={row.username} small />
            ) : (
              button("disable", say("dockerUsers.disable"))
            )}
            {button("delete", say("common.delete"))}
          </>
        );
      },
    },
  ];
}
