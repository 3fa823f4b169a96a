import { Button } from "antd";
import { type ReactNode, useState } from "react";
import { Link } from "wouter";
import { api, body } from "../../api/client";
import { useWords } from "../../i18n";
import { Empty } from "../../parts/feedback/states";
import { Status } from "../../parts/feedback/status";
import { lazyDialog } from "../../parts/page/lazy";
import { Page } from "../../parts/page/page";
import { useAccountColumns } from "../../parts/tables/account-columns";
import type { Column } from "../../parts/tables/data-table";
import { ResourceList } from "../../parts/tables/resource-list";
import { RowButton } from "../../parts/tables/row-button";
import { formatBytes, formatCount } from "../../parts/text/format";
import { RelativeTime } from "../../parts/text/time";
import type { Namespace, NamespaceAction } from "./namespace";

const NamespaceDialog = lazyDialog(() => import("./namespace-dialog"));

/** The namespaces of the account. */
export default function NamespacesPage(): ReactNode {
  const { say } = useWords();
  const [action, setAction] = useState<NamespaceAction | null>(null);
  const columns = useColumns(setAction);
  const createButton = (
    <Button type="primary" onClick={() => setAction({ kind: "create" })}>
      {say("namespaces.create")}
    </Button>
  );
  return (
    <Page title={say("namespaces.title")} actions={createButton}>
      <ResourceList<Namespace>
        label={say("namespaces.title")}
        queryKey={["namespaces", "list"]}
        fetchPage={({ q, cursor, limit, account }) =>
          body(api.GET("/api/v1/namespaces", { params: { query: { q, cursor, limit, account } } }))
        }
        byAccount
        refresh={(rows) => rows.some(({ deleting }) => deleting) && 2000}
        columns={columns}
        rowKey={(row) => row.name}
        searchLabel={say("namespaces.search")}
        empty={
          <Empty title={say("namespaces.empty")} text={say("namespaces.empty.text")}>
            {createButton}
          </Empty>
        }
      />
      {action && <NamespaceDialog action={action} onClose={() => setAction(null)} />}
    </Page>
  );
}

function useColumns(onAction: (action: NamespaceAction) => void): Column<Namespace>[] {
  const { say, locale } = useWords();
  const accountColumns = useAccountColumns<Namespace>();
  return [
    {
      key: "name",
      title: say("namespaces.namespace"),
      cell: (row) => (
        <div className="name-cell">
          <Link href={`/namespaces/${row.name}`}>{row.name}</Link>
          {row.description && <p className="row-text">{row.description}</p>}
          {row.deleting && <Status tone="warning" text={say("repositories.status.deleting")} />}
        </div>
      ),
    },
    ...accountColumns,
    {
      key: "visibility",
      title: say("visibility.label"),
      cell: (row) => (
        <span title={say(`visibility.${row.visibility}.text`)}>
          {say(`visibility.${row.visibility}.short`)}
        </span>
      ),
    },
    {
      key: "repositories",
      title: say("namespaces.repositories"),
      number: true,
      cell: (row) => formatCount(row.repository_count, locale),
    },
    {
      key: "pulls",
      title: say("repositories.pulls"),
      number: true,
      cell: (row) => formatCount(row.pull_count, locale),
    },
    {
      key: "size",
      title: say("repositories.size"),
      number: true,
      cell: (row) => formatBytes(row.size_bytes, locale),
    },
    {
      key: "created",
      title: say("common.created"),
      cell: (row) => <RelativeTime at={row.created_at} />,
    },
    {
      key: "actions",
      title: say("common.actions"),
      cell: (row) => (
        <>
          <RowButton
            text={say("common.change")}
            row={row.name}
            onClick={() => onAction({ kind: "change", namespace: row })}
          />
          <RowButton
            text={say("common.delete")}
            row={row.name}
            danger
            disabled={row.deleting}
            onClick={() => onAction({ kind: "delete", namespace: row })}
          />
        </>
      ),
    },
  ];
}
