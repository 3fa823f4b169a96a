import { Button } from "antd";
import { type ReactNode, useState } from "react";
import { Link } from "wouter";
import { api, body } from "../../api/client";
import { useWords } from "../../i18n";
import { EnabledStatus } from "../../parts/feedback/enabled-status";
import { Empty } from "../../parts/feedback/states";
import { lazyDialog } from "../../parts/page/lazy";
import { Page } from "../../parts/page/page";
import type { Column } from "../../parts/tables/data-table";
import { ResourceList } from "../../parts/tables/resource-list";
import { RowButton } from "../../parts/tables/row-button";
import { formatTime } from "../../parts/text/format";
import { StorageBar } from "../storage/storage-bar";
import type { Account, AccountAction } from "./account";

type ChangeKind = Exclude<AccountAction["kind"], "create">;

const AccountDialog = lazyDialog(() => import("./account-dialog"));

/** The accounts of the registry, for administrators. */
export default function AccountsPage(): ReactNode {
  const { say } = useWords();
  const [action, setAction] = useState<AccountAction | null>(null);
  const columns = useColumns(setAction);
  return (
    <Page
      title={say("accounts.title")}
      actions={
        <Button type="primary" onClick={() => setAction({ kind: "create" })}>
          {say("accounts.create")}
        </Button>
      }
    >
      <ResourceList<Account>
        label={say("accounts.title")}
        queryKey={["accounts"]}
        fetchPage={({ q, cursor, limit }) =>
          body(api.GET("/api/v1/accounts", { params: { query: { q, cursor, limit } } }))
        }
        columns={columns}
        rowKey={(row) => row.username}
        searchLabel={say("accounts.search")}
        empty={<Empty title={say("accounts.empty")} text={say("accounts.empty.text")} />}
      />
      {action && <AccountDialog action={action} onClose={() => setAction(null)} />}
    </Page>
  );
}

function useColumns(onAction: (action: AccountAction) => void): Column<Account>[] {
  const { say, locale } = useWords();
  return [
    {
      key: "name",
      title: say("accounts.account"),
      cell: (row) => (
        <div className="name-cell">
          <Link href={`/namespaces?account=${row.username}`} title={say("accounts.namespaces")}>
            {row.username}
          </Link>
        </div>
      ),
    },
    {
      key: "role",
      title: say("accounts.role"),
      cell: (row) => say(row.role === "admin" ? "accounts.role.admin" : "accounts.role.member"),
    },
    {
      key: "status",
      title: say("dockerUsers.status"),
      cell: (row) => <EnabledStatus disabled={row.disabled} />,
    },
    {
      key: "storage",
      title: say("storage.title"),
      cell: (row) => <StorageBar storage={row} />,
    },
    {
      key: "created",
      title: say("common.created"),
      cell: (row) => formatTime(row.created_at, locale),
    },
    {
      key: "actions",
      title: say("common.actions"),
      cell: (row) => {
        const button = (kind: ChangeKind, text: string) => (
          <RowButton
            text={text}
            row={row.username}
            danger={kind === "disable"}
            onClick={() => onAction({ kind, account: row })}
          />
        );
        return (
          <>
            {button("role", say("accounts.changeRole"))} {button("quota", say("storage.setQuota"))}{" "}
            {button("password", say("accounts.password"))}{" "}
            {row.disabled
              ? button("enable", say("dockerUsers.enable"))
              : button("disable", say("dockerUsers.disable"))}
          </>
        );
      },
    },
  ];
}
