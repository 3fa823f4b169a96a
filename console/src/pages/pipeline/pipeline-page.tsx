import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button } from "antd";
import type { ReactNode } from "react";
import { api, body, type Model } from "../../api/client";
import { useWords } from "../../i18n";
import { bytes, count, moment } from "../../parts/text/format";
import { ResourceList } from "../../parts/tables/resource-list";
import { Card, Page } from "../../parts/page/page";
import { Empty, Failed, Loading } from "../../parts/feedback/states";
import { problemText } from "../../parts/feedback/problem-text";

type Status = Model<"StatusOut">;
type PutAside = Model<"DeadLetterOut">;

/** What the registry reported, and whether all of it has been counted; for administrators. */
export default function Pipeline(): ReactNode {
  const { say } = useWords();
  const query = useQuery({
    queryKey: ["events", "status"],
    queryFn: () => body(api.GET("/api/v1/events/status")),
    refetchInterval: 5000,
  });
  return (
    <Page title={say("pipeline.title")} text={say("pipeline.text")}>
      {query.isPending ? (
        <Loading lines={3} />
      ) : query.isLoadingError ? (
        <Failed error={query.error} retry={() => void query.refetch()} />
      ) : (
        <Numbers status={query.data} />
      )}
      <PutAsideList />
    </Page>
  );
}

function Numbers({ status }: { status: Status }): ReactNode {
  const { say, locale } = useWords();
  const [tone, sentence] =
    status.dead_letters > 0
      ? (["warning", "pipeline.attention"] as const)
      : status.pending > 0
        ? (["info", "pipeline.busy"] as const)
        : (["success", "pipeline.fine"] as const);
  const numbers: [string, string][] = [
    [say("pipeline.pending"), count(status.pending, locale)],
    [
      say("pipeline.age"),
      say("pipeline.seconds", { count: count(Math.round(status.lag_seconds), locale) }),
    ],
    [say("pipeline.aside"), count(status.dead_letters, locale)],
    [
      say("pipeline.last"),
      status.last_event_at === null ? say("common.never") : moment(status.last_event_at, locale),
    ],
  ];
  return (
    <>
      <Alert className="banner" type={tone} showIcon title={say(sentence)} />
      <div className="numbers">
        {numbers.map(([name, value]) => (
          <div className="card" key={name}>
            <p>{name}</p>
            <strong>{value}</strong>
          </div>
        ))}
      </div>
    </>
  );
}

function PutAsideList(): ReactNode {
  const { say, locale } = useWords();
  const queries = useQueryClient();
  const again = useMutation({
    mutationFn: (id: number) =>
      api.POST("/api/v1/events/dead-letters/{id}/replay", { params: { path: { id } } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["events"] }),
  });
  return (
    <Card title={say("pipeline.asideTitle")} text={say("pipeline.asideText")}>
      {again.isError && (
        <Alert
          className="banner"
          type="error"
          showIcon
          title={problemText(again.error, say, locale)}
        />
      )}
      <ResourceList<PutAside>
        label={say("pipeline.asideTitle")}
        queryKey={["events", "aside"]}
        fetchPage={({ cursor, limit }) =>
          body(
            api.GET("/api/v1/events/dead-letters", {
              params: { query: { cursor, limit } as never },
            }),
          )
        }
        rowKey={(row) => String(row.id)}
        columns={[
          {
            key: "received",
            title: say("pipeline.received"),
            cell: (row) => moment(row.received_at, locale),
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
            cell: (row) => bytes(row.size_bytes, locale),
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
                loading={again.isPending && again.variables === row.id}
                onClick={() => again.mutate(row.id)}
              >
                {say("pipeline.again")}
              </Button>
            ),
          },
        ]}
        empty={<Empty title={say("pipeline.empty")} text={say("pipeline.empty.text")} />}
      />
    </Card>
  );
}
