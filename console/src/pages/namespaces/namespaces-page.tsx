import { Button } from "antd";
import { type ReactNode, useState } from "react";
import { Link } from "wouter";
import { api, body, type Model } from "../../api/client";
import { useWords } from "../../i18n";
import { bytes, count } from "../../parts/text/format";
import { ResourceList } from "../../parts/tables/resource-list";
import { useAdmin } from "../../parts/access/admin";
import { Page } from "../../parts/page/page";
import { Empty } from "../../parts/feedback/states";
import { Status } from "../../parts/feedback/status";
import type { Column } from "../../parts/tables/data-table";
import { Ago } from "../../parts/text/time";
import { lazyPart } from "../../parts/page/lazy";

const Dialog = lazyPart(() => import("./namespace-dialog"));

type Namespace = Model<"NamespaceOut">;
export type NamespaceAction =
  { kind: "create" } | { kind: "change" | "delete"; namespace: Namespace };

export default function Namespaces(): ReactNode {
  const { say } = useWords();
  const [action, setAction] = useState<NamespaceAction | null>(null);
  const columns = useColumns(setAction);
  const create = (
    <Button type="primary" onClick={() => setAction({ kind: "create" })}>
      {say("namespaces.create")}
    </Button>
  );
  return (
    <Page title={say("namespaces.title")} actions={create}>
      <ResourceList<Namespace>
        label={say("namespaces.title")}
        queryKey={["namespaces", "list"]}
        fetchPage={({ q, cursor, limit, account }) =>
          body(
            api.GET("/api/v1/namespaces", {
              params: { query: { q, cursor, limit, account } as never },
            }),
          )
        }
        byAccount
        refresh={(rows) => rows.some(({ deleting }) => deleting) && 2000}
        columns={columns}
        rowKey={(row) => row.name}
        searchLabel={say("namespaces.search")}
        empty={
          <Empty title={say("namespaces.empty")} text={say("namespaces.empty.text")}>
            {create}
          </Empty>
        }
      />
      {action && <Dialog action={action} onClose={() => setAction(null)} />}
    </Page>
  );
}

function useColumns(onAction: (action: NamespaceAction) => void): Column<Namespace>[] {
  const { say, locale } = useWords();
  const admin = useAdmin();
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
    ...(admin
      ? [{ key: "account", title: say("common.account"), cell: (row: Namespace) => row.account }]
      : []),
    {
      key: "visibility",
      title: say("visibility.label"),
      cell: (row) => say(`visibility.${row.visibility}`),
    },
    {
      key: "repositories",
      title: say("namespaces.repositories"),
      number: true,
      cell: (row) => count(row.repository_count, locale),
    },
    {
      key: "pulls",
      title: say("repositories.pulls"),
      number: true,
      cell: (row) => count(row.pull_count, locale),
    },
    {
      key: "size",
      title: say("repositories.size"),
      number: true,
      cell: (row) => bytes(row.size_bytes, locale),
    },
    { key: "created", title: say("common.created"), cell: (row) => <Ago at={row.created_at} /> },
    {
      key: "actions",
      title: say("common.actions"),
      cell: (row) => (
        <>
          <Button
            size="small"
            type="link"
            aria-label={`${say("common.change")}: ${row.name}`}
            onClick={() => onAction({ kind: "change", namespace: row })}
          >
            {say("common.change")}
          </Button>
          <Button
            size="small"
            type="link"
            danger
            disabled={row.deleting}
            aria-label={`${say("common.delete")}: ${row.name}`}
            onClick={() => onAction({ kind: "delete", namespace: row })}
          >
            {say("common.delete")}
          </Button>
        </>
      ),
    },
  ];
}
