import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, Button } from "antd";
import type { ReactNode } from "react";
import { api, body, type Model } from "../../api/client";
import { useWords } from "../../i18n";
import { problemText } from "../../parts/feedback/problem-text";
import { Empty } from "../../parts/feedback/states";
import { Card } from "../../parts/page/page";
import { ResourceList } from "../../parts/tables/resource-list";
import { formatBytes, formatTime } from "../../parts/text/format";

/** The dead letters: requests of the registry that the events service cannot parse. */
export function DeadLettersCard(): ReactNode {
  const { say, locale } = useWords();
  const queries = useQueryClient();
  const replay = useMutation({
    mutationFn: (id: number) =>
      api.POST("/api/v1/events/dead-letters/{id}/replay", { params: { path: { id } } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["events"] }),
  });
  return (
    <Card title={say("pipeline.deadLetters.title")} text={say("pipeline.deadLetters.text")}>
      {replay.isError && (
        <Alert
          className="banner"
          type="error"
          showIcon
          title={problemText(replay.error, say, locale)}
        />
      )}
      <ResourceList<Model<"DeadLetterOut">>
        label={say("pipeline.deadLetters.title")}
        queryKey={["events", "dead-letters"]}
        fetchPage={({ cursor, limit }) =>
          body(api.GET("/api/v1/events/dead-letters", { params: { query: { cursor, limit } } }))
        }
        rowKey={(row) => String(row.id)}
        columns={[
          {
            key: "received",
            title: say("pipeline.received"),
            cell: (row) => formatTime(row.received_at, locale),
          },
          {
            key: "reason",
            title: say("pipeline.reason"),
            cell: (row) => <span className="name-cell">{row.reason}</span>,
          },
          {
            key: "size",
            title: say("pipeline.size"),
            number: true,
            cell: (row) => formatBytes(row.size_bytes, locale),
          },
          {
            key: "content",
            title: say("pipeline.content"),
            cell: (row) => (
              <details>
                <summary>{say("pipeline.content")}</summary>
                <pre tabIndex={0}>{row.raw}</pre>
              </details>
            ),
          },
          {
            key: "actions",
            title: say("common.actions"),
            cell: (row) => (
              <Button
                size="small"
                type="link"
                loading={replay.isPending && replay.variables === row.id}
                onClick={() => replay.mutate(row.id)}
              >
                {say("pipeline.replay")}
              </Button>
            ),
          },
        ]}
        empty={
          <Empty title={say("pipeline.noDeadLetters")} text={say("pipeline.noDeadLetters.text")} />
        }
      />
    </Card>
  );
}
