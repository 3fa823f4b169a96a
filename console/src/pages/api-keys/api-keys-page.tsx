import { Button } from "antd";
import { type ReactNode, useState } from "react";
import { api, body, type Model } from "../../api/client";
import { useWords } from "../../i18n";
import { useAdmin } from "../../parts/access/admin";
import { lazyPart } from "../../parts/page/lazy";
import { ResourceList } from "../../parts/tables/resource-list";
import { Page } from "../../parts/page/page";
import { Empty } from "../../parts/feedback/states";
import type { Column } from "../../parts/tables/data-table";
import { Ends, LastUsed } from "../../parts/text/time";
import type { ApiKeyAction } from "./api-key-dialog";

const Dialog = lazyPart(() => import("./api-key-dialog"));

type ApiKey = Model<"ApiKeyOut">;

/** What programs use the JSON API with. */
export default function ApiKeys(): ReactNode {
  const { say } = useWords();
  const [action, setAction] = useState<ApiKeyAction | null>(null);
  const columns = useColumns(setAction);
  const create = (
    <Button type="primary" onClick={() => setAction({ kind: "create" })}>
      {say("apiKeys.create")}
    </Button>
  );
  return (
    <Page title={say("apiKeys.title")} text={say("apiKeys.text")} actions={create}>
      <ResourceList<ApiKey>
        label={say("apiKeys.title")}
        queryKey={["api-keys"]}
        fetchPage={({ cursor, limit, account }) =>
          body(
            api.GET("/api/v1/api-keys", { params: { query: { cursor, limit, account } as never } }),
          )
        }
        byAccount
        columns={columns}
        rowKey={(row) => row.id}
        empty={
          <Empty title={say("apiKeys.empty")} text={say("apiKeys.empty.text")}>
            {create}
          </Empty>
        }
      />
      {action && <Dialog action={action} onClose={() => setAction(null)} />}
    </Page>
  );
}

function useColumns(onAction: (action: ApiKeyAction) => void): Column<ApiKey>[] {
  const { say } = useWords();
  const admin = useAdmin();
  return [
    {
      key: "name",
      title: say("common.name"),
      cell: (row) => <span className="name-cell">{row.name}</span>,
    },
    ...(admin
      ? [{ key: "account", title: say("common.account"), cell: (row: ApiKey) => row.account }]
      : []),
    {
      key: "permission",
      title: say("permission.label"),
      cell: (row) => say(`apiKeys.${row.permission}`),
    },
    { key: "expires", title: say("tokens.expires"), cell: (row) => <Ends at={row.expires_at} /> },
    {
      key: "used",
      title: say("tokens.lastUsed"),
      cell: (row) => <LastUsed at={row.last_used_at} from={row.last_used_from} />,
    },
    {
      key: "actions",
      title: say("common.actions"),
      cell: (row) => (
        <Button
          size="small"
          type="link"
          danger
          aria-label={`${say("tokens.revoke")}: ${row.name}`}
          onClick={() => onAction({ kind: "revoke", apiKey: row })}
        >
          {say("tokens.revoke")}
        </Button>
      ),
    },
  ];
}
