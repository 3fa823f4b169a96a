import type { ReactNode } from "react";
import { Link } from "wouter";
import { api, body } from "../../api/client";
import { useWords } from "../../i18n";
import { Empty } from "../../parts/feedback/states";
import { Card } from "../../parts/page/page";
import { GrowingTable, ROWS_LIMIT } from "../../parts/tables/growing-table";
import { HideGrantButton } from "./hide-grant-button";

/**
 * The grants of a Docker user. The pages of the namespaces change them; here, the account hides
 * those of other accounts.
 */
export function UserGrantsCard({ username }: { username: string }): ReactNode {
  const { say } = useWords();
  return (
    <Card title={say("dockerUsers.grants")} text={say("dockerUsers.grants.text")}>
      <GrowingTable
        label={say("dockerUsers.grants")}
        queryKey={["grants", "of", username]}
        fetchPage={(cursor) =>
          body(
            api.GET("/api/v1/docker-users/{username}/grants", {
              params: { path: { username }, query: { limit: ROWS_LIMIT, cursor } },
            }),
          )
        }
        rowKey={(row) => row.namespace}
        columns={[
          {
            key: "namespace",
            title: say("namespaces.namespace"),
            cell: (row) => <Link href={`/namespaces/${row.namespace}`}>{row.namespace}</Link>,
          },
          {
            key: "permission",
            title: say("permission.label"),
            cell: (row) => say(`permission.${row.permission}`),
          },
          {
            key: "shown",
            title: say("dockerUsers.grants.inShared"),
            cell: (row) =>
              row.shared
                ? say(row.hidden ? "dockerUsers.grants.hidden" : "dockerUsers.grants.shown")
                : "–",
          },
          {
            key: "actions",
            title: say("common.actions"),
            cell: (row) =>
              row.shared && (
                <HideGrantButton
                  username={username}
                  namespace={row.namespace}
                  hidden={row.hidden}
                />
              ),
          },
        ]}
        empty={
          <Empty
            title={say("dockerUsers.grants.empty")}
            text={say("dockerUsers.grants.empty.text")}
          />
        }
      />
    </Card>
  );
}
