import { Button } from "antd";
import { type ReactNode, useState } from "react";
import { Link, useLocation } from "wouter";
import { api, body } from "../../api/client";
import { useWords } from "../../i18n";
import { EnabledStatus } from "../../parts/feedback/enabled-status";
import { Empty } from "../../parts/feedback/states";
import { lazyDialog } from "../../parts/page/lazy";
import { Page } from "../../parts/page/page";
import { useAccountColumns } from "../../parts/tables/account-columns";
import type { Column } from "../../parts/tables/data-table";
import { ResourceList } from "../../parts/tables/resource-list";
import { RowButton } from "../../parts/tables/row-button";
import { RelativeTime } from "../../parts/text/time";
import type { DockerUser, DockerUserAction } from "./docker-user";
import { EnableButton } from "./enable-button";

const DockerUserDialog = lazyDialog(() => import("./docker-user-dialog"));

/** The Docker users of the account. */
export default function DockerUsersPage(): ReactNode {
  const { say } = useWords();
  const [action, setAction] = useState<DockerUserAction | null>(null);
  const [, navigate] = useLocation();
  const columns = useColumns(setAction);
  const createButton = (
    <Button type="primary" onClick={() => setAction({ kind: "create" })}>
      {say("dockerUsers.create")}
    </Button>
  );
  return (
    <Page title={say("dockerUsers.title")} actions={createButton}>
      <ResourceList<DockerUser>
        label={say("dockerUsers.title")}
        queryKey={["docker-users", "list"]}
        fetchPage={({ q, cursor, limit, account }) =>
          body(
            api.GET("/api/v1/docker-users", { params: { query: { q, cursor, limit, account } } }),
          )
        }
        byAccount
        columns={columns}
        rowKey={(row) => row.username}
        searchLabel={say("dockerUsers.search")}
        empty={
          <Empty title={say("dockerUsers.empty")} text={say("dockerUsers.empty.text")}>
            {createButton}
          </Empty>
        }
      />
      {action && (
        <DockerUserDialog
          action={action}
          onClose={() => setAction(null)}
          onCreated={(username) => navigate(`/docker-users/${username}`)}
        />
      )}
    </Page>
  );
}

function useColumns(onAction: (action: DockerUserAction) => void): Column<DockerUser>[] {
  const { say } = useWords();
  const accountColumns = useAccountColumns<DockerUser>();
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
    ...accountColumns,
    {
      key: "status",
      title: say("dockerUsers.status"),
      cell: (row) => <EnabledStatus disabled={row.disabled} />,
    },
    {
      key: "login",
      title: say("dockerUsers.lastLogin"),
      cell: (row) => <RelativeTime at={row.last_login_at} />,
    },
    {
      key: "created",
      title: say("common.created"),
      cell: (row) => <RelativeTime at={row.created_at} />,
    },
    {
      key: "actions",
      title: say("common.actions"),
      cell: (row) => {
        const button = (kind: "password" | "disable" | "delete", text: string) => (
          <RowButton
            text={text}
            row={row.username}
            danger={kind === "delete"}
            onClick={() => onAction({ kind, user: row })}
          />
        );
        return (
          <>
            {button("password", say("dockerUsers.changePassword"))}
            {row.disabled ? (
              <EnableButton username={row.username} inRow />
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
