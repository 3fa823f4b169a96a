import { Button } from "antd";
import { type ReactNode, useState } from "react";
import { Link } from "wouter";
import { api, body } from "../../api/client";
import { useWords } from "../../i18n";
import { Empty } from "../../parts/feedback/states";
import { lazyDialog } from "../../parts/page/lazy";
import { Card } from "../../parts/page/page";
import type { Column } from "../../parts/tables/data-table";
import { GrowingTable, ROWS_LIMIT } from "../../parts/tables/growing-table";
import { RowButton } from "../../parts/tables/row-button";
import { formatTime } from "../../parts/text/format";
import type { Grant, GrantAction } from "./grant";

const GrantDialog = lazyDialog(() => import("./grant-dialog"));

interface Props {
  namespace: string;
  /** The account that owns the namespace. */
  owner: string;
}

/** The grants of a namespace. */
export function GrantsCard({ namespace, owner }: Props): ReactNode {
  const { say } = useWords();
  const [action, setAction] = useState<GrantAction | null>(null);
  const columns = useColumns(owner, setAction);
  return (
    <Card
      title={say("grants.title")}
      text={say("grants.text")}
      actions={
        <Button type="primary" onClick={() => setAction({ kind: "add" })}>
          {say("grants.add")}
        </Button>
      }
    >
      <GrowingTable<Grant>
        label={say("grants.title")}
        queryKey={["grants", namespace]}
        fetchPage={(cursor) =>
          body(
            api.GET("/api/v1/namespaces/{namespace}/grants", {
              params: { path: { namespace }, query: { limit: ROWS_LIMIT, cursor } },
            }),
          )
        }
        columns={columns}
        rowKey={(row) => row.docker_user}
        empty={<Empty title={say("grants.empty")} text={say("grants.empty.text")} />}
      />
      {action && (
        <GrantDialog
          namespace={namespace}
          owner={owner}
          action={action}
          onClose={() => setAction(null)}
        />
      )}
    </Card>
  );
}

function useColumns(owner: string, onAction: (action: GrantAction) => void): Column<Grant>[] {
  const { say, locale } = useWords();
  return [
    {
      key: "user",
      title: say("grants.dockerUser"),
      cell: (row) =>
        row.account === owner ? (
          <Link href={`/docker-users/${row.docker_user}`}>{row.docker_user}</Link>
        ) : (
          row.docker_user
        ),
    },
    { key: "account", title: say("common.account"), cell: (row) => row.account },
    {
      key: "permission",
      title: say("permission.label"),
      cell: (row) => say(`permission.${row.permission}`),
    },
    {
      key: "changed",
      title: say("grants.changed"),
      cell: (row) => formatTime(row.updated_at, locale),
    },
    {
      key: "actions",
      title: say("common.actions"),
      cell: (row) => (
        <>
          <RowButton
            text={say("common.change")}
            row={row.docker_user}
            onClick={() => onAction({ kind: "change", grant: row })}
          />
          <RowButton
            text={say("common.remove")}
            row={row.docker_user}
            danger
            onClick={() => onAction({ kind: "remove", grant: row })}
          />
        </>
      ),
    },
  ];
}
