import { Button } from "antd";
import { type ReactNode, useState } from "react";
import { api, body } from "../../api/client";
import { useWords } from "../../i18n";
import { useCredentialColumns } from "../../parts/tables/credential-columns";
import { Empty } from "../../parts/feedback/states";
import { lazyDialog } from "../../parts/page/lazy";
import { Page } from "../../parts/page/page";
import { useAccountColumns } from "../../parts/tables/account-columns";
import type { Column } from "../../parts/tables/data-table";
import { ResourceList } from "../../parts/tables/resource-list";
import type { ApiKey, ApiKeyAction } from "./api-key";

const ApiKeyDialog = lazyDialog(() => import("./api-key-dialog"));

/** The API keys of the account, with which programs use the JSON API. */
export default function ApiKeysPage(): ReactNode {
  const { say } = useWords();
  const [action, setAction] = useState<ApiKeyAction | null>(null);
  const columns = useColumns(setAction);
  const createButton = (
    <Button type="primary" onClick={() => setAction({ kind: "create" })}>
      {say("apiKeys.create")}
    </Button>
  );
  return (
    <Page title={say("apiKeys.title")} text={say("apiKeys.text")} actions={createButton}>
      <ResourceList<ApiKey>
        label={say("apiKeys.title")}
        queryKey={["api-keys"]}
        fetchPage={({ cursor, limit, account }) =>
          body(api.GET("/api/v1/api-keys", { params: { query: { cursor, limit, account } } }))
        }
        byAccount
        columns={columns}
        rowKey={(row) => row.id}
        empty={
          <Empty title={say("apiKeys.empty")} text={say("apiKeys.empty.text")}>
            {createButton}
          </Empty>
        }
      />
      {action && <ApiKeyDialog action={action} onClose={() => setAction(null)} />}
    </Page>
  );
}

function useColumns(onAction: (action: ApiKeyAction) => void): Column<ApiKey>[] {
  const { say } = useWords();
  const accountColumns = useAccountColumns<ApiKey>();
  const credentialColumns = useCredentialColumns<ApiKey>((apiKey) =>
    onAction({ kind: "revoke", apiKey }),
  );
  return [
    {
      key: "name",
      title: say("common.name"),
      cell: (row) => <span className="name-cell">{row.name}</span>,
    },
    ...accountColumns,
    {
      key: "permission",
      title: say("permission.label"),
      cell: (row) => say(`apiKeys.${row.permission}`),
    },
    ...credentialColumns,
  ];
}
