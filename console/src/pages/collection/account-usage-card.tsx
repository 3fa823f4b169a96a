import type { ReactNode } from "react";
import { Link } from "wouter";
import { api, body } from "../../api/client";
import { useWords } from "../../i18n";
import { Empty } from "../../parts/feedback/states";
import { Card } from "../../parts/page/page";
import { GrowingTable, ROWS_LIMIT } from "../../parts/tables/growing-table";
import { formatBytes } from "../../parts/text/format";
import type { Account } from "../accounts/account";
import { StorageBar } from "../storage/storage-bar";

/** What each account stores. */
export function AccountUsageCard(): ReactNode {
  const { say, locale } = useWords();
  return (
    <Card title={say("collection.accounts")}>
      <GrowingTable<Account>
        label={say("collection.accounts")}
        queryKey={["accounts", "usage"]}
        fetchPage={(cursor) =>
          body(api.GET("/api/v1/accounts", { params: { query: { limit: ROWS_LIMIT, cursor } } }))
        }
        columns={[
          {
            key: "name",
            title: say("accounts.account"),
            cell: (row) => <Link href={`/accounts?q=${row.username}`}>{row.username}</Link>,
          },
          { key: "used", title: say("storage.title"), cell: (row) => <StorageBar storage={row} /> },
          {
            key: "trash",
            title: say("storage.trash"),
            number: true,
            cell: (row) => formatBytes(row.storage_trash_bytes, locale),
          },
        ]}
        rowKey={(row) => row.username}
        empty={<Empty title={say("accounts.empty")} text={say("accounts.empty.text")} />}
      />
    </Card>
  );
}
