import { type ReactNode, useState } from "react";
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
import { formatBytes, formatTime } from "../../parts/text/format";
import { RelativeTime } from "../../parts/text/time";
import { nameOf, type TrashAction, type TrashEntry } from "./trash-entry";

const TrashDialog = lazyDialog(() => import("./trash-dialog"));

/** What the account deleted and can still restore. */
export default function TrashPage(): ReactNode {
  const { say } = useWords();
  const [action, setAction] = useState<TrashAction | null>(null);
  const columns = useColumns(setAction);
  return (
    <Page title={say("trash.title")} text={say("trash.text")}>
      <ResourceList<TrashEntry>
        label={say("trash.title")}
        queryKey={["trash"]}
        fetchPage={({ q, cursor, limit, account }) =>
          body(api.GET("/api/v1/trash", { params: { query: { q, cursor, limit, account } } }))
        }
        byAccount
        refresh={(rows) => rows.some(({ status }) => status !== "deleted") && 2000}
        columns={columns}
        rowKey={(row) => String(row.id)}
        searchLabel={say("trash.search")}
        empty={<Empty title={say("trash.empty")} text={say("trash.empty.text")} />}
      />
      {action && <TrashDialog action={action} onClose={() => setAction(null)} />}
    </Page>
  );
}

function useColumns(onAction: (action: TrashAction) => void): Column<TrashEntry>[] {
  const { say, locale } = useWords();
  const accountColumns = useAccountColumns<TrashEntry>();
  return [
    {
      key: "path",
      title: say("trash.object"),
      cell: (row) => (
        <div className="name-cell" title={row.path}>
          {nameOf(row.path)}
          <p className="row-text">
            {say(`trash.kind.${row.kind}`)}
            {row.kind === "manifest" && row.tags.length > 0 && `: ${row.tags.join(", ")}`}
          </p>
          {row.status !== "deleted" && (
            <Status tone="warning" text={say(`trash.status.${row.status}`)} />
          )}
        </div>
      ),
    },
    ...accountColumns,
    {
      key: "size",
      title: say("image.size"),
      number: true,
      cell: (row) => formatBytes(row.size_bytes, locale),
    },
    {
      key: "deleted",
      title: say("trash.deleted"),
      cell: (row) => (
        <div>
          <RelativeTime at={row.deleted_at} />
          <div className="quiet">
            {say("image.pushedBy", {
              name: row.deleted_by ?? row.docker_user ?? say("activity.who.operator"),
            })}
          </div>
        </div>
      ),
    },
    {
      key: "expires",
      title: say("trash.until"),
      cell: (row) => formatTime(row.expires_at, locale),
    },
    {
      key: "actions",
      title: say("common.actions"),
      cell: (row) => (
        <>
          <RowButton
            text={say("trash.restore")}
            row={nameOf(row.path)}
            disabled={row.status !== "deleted"}
            onClick={() => onAction({ kind: "restore", entry: row })}
          />
          <RowButton
            text={say("trash.remove")}
            row={nameOf(row.path)}
            danger
            disabled={row.status !== "deleted"}
            onClick={() => onAction({ kind: "remove", entry: row })}
          />
        </>
      ),
    },
  ];
}
