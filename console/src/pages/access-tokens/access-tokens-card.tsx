import { Button } from "antd";
import { type ReactNode, useState } from "react";
import { api, body } from "../../api/client";
import { useWords } from "../../i18n";
import { useCredentialColumns } from "../../parts/tables/credential-columns";
import { Empty } from "../../parts/feedback/states";
import { lazyDialog } from "../../parts/page/lazy";
import { Card } from "../../parts/page/page";
import type { Column } from "../../parts/tables/data-table";
import { GrowingTable, ROWS_LIMIT } from "../../parts/tables/growing-table";
import type { AccessToken, AccessTokenAction } from "./access-token";

const AccessTokenDialog = lazyDialog(() => import("./access-token-dialog"));

/** The access tokens of a Docker user, and the tokens that `docker login` stores. */
export function AccessTokensCard({ username }: { username: string }): ReactNode {
  const { say } = useWords();
  const [action, setAction] = useState<AccessTokenAction | null>(null);
  const columns = useColumns(setAction);
  return (
    <Card
      title={say("tokens.title")}
      text={say("tokens.text")}
      actions={
        <Button type="primary" onClick={() => setAction({ kind: "create" })}>
          {say("tokens.create")}
        </Button>
      }
    >
      <GrowingTable<AccessToken>
        label={say("tokens.title")}
        queryKey={["tokens", username]}
        fetchPage={(cursor) =>
          body(
            api.GET("/api/v1/docker-users/{username}/tokens", {
              params: { path: { username }, query: { limit: ROWS_LIMIT, cursor } },
            }),
          )
        }
        columns={columns}
        rowKey={(row) => row.id}
        empty={<Empty title={say("tokens.empty")} text={say("tokens.empty.text")} />}
      />
      {action && (
        <AccessTokenDialog username={username} action={action} onClose={() => setAction(null)} />
      )}
    </Card>
  );
}

function useColumns(onAction: (action: AccessTokenAction) => void): Column<AccessToken>[] {
  const { say } = useWords();
  const credentialColumns = useCredentialColumns<AccessToken>((token) =>
    onAction({ kind: "revoke", token }),
  );
  return [
    {
      key: "name",
      title: say("tokens.name"),
      cell: (row) => <span className="name-cell">{row.name}</span>,
    },
    { key: "kind", title: say("tokens.kind"), cell: (row) => say(`tokens.kind.${row.kind}`) },
    {
      key: "limit",
      title: say("tokens.maximum"),
      cell: (row) => say(`permission.${row.permission}`),
    },
    ...credentialColumns,
  ];
}
