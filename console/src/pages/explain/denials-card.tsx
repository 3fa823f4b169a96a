import type { ReactNode } from "react";
import { api, body, type Model } from "../../api/client";
import { useWords } from "../../i18n";
import { Empty } from "../../parts/feedback/states";
import { Card } from "../../parts/page/page";
import type { Column } from "../../parts/tables/data-table";
import { GrowingTable, ROWS_LIMIT } from "../../parts/tables/growing-table";
import { formatCount, formatTime } from "../../parts/text/format";

type Denial = Model<"DenialOut">;

/** What was denied to Docker clients in a namespace in the last seven days. */
export default function DenialsCard({ namespace }: { namespace: string }): ReactNode {
  const { say } = useWords();
  const columns = useColumns();
  return (
    <Card title={say("denials.title")} text={say("denials.text")}>
      <GrowingTable<Denial>
        label={say("denials.title")}
        queryKey={["denials", namespace]}
        fetchPage={(cursor) =>
          body(
            api.GET("/api/v1/namespaces/{namespace}/denials", {
              params: { path: { namespace }, query: { limit: ROWS_LIMIT, cursor } },
            }),
          )
        }
        columns={columns}
        rowKey={(row) =>
          [row.client, row.docker_user, row.repository, row.action, row.rule, row.since].join(" ")
        }
        empty={<Empty title={say("denials.empty")} text={say("denials.empty.text")} />}
      />
    </Card>
  );
}

function useColumns(): Column<Denial>[] {
  const { say, locale } = useWords();
  return [
    {
      key: "who",
      title: say("denials.who"),
      cell: (row) => row.docker_user ?? say(`denials.client.${row.client}`),
    },
    {
      key: "action",
      title: say("explain.action"),
      cell: (row) => say(`explain.action.${row.action}`),
    },
    { key: "repository", title: say("repositories.repository"), cell: (row) => row.repository },
    {
      key: "rule",
      title: say("denials.rule"),
      cell: (row) => say(`denials.rule.${row.rule}`),
    },
    {
      key: "count",
      title: say("denials.occurrences"),
      cell: (row) => formatCount(row.occurrences, locale),
      number: true,
    },
    { key: "last", title: say("denials.last"), cell: (row) => formatTime(row.last_at, locale) },
  ];
}
