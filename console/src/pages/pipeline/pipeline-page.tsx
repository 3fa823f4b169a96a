import { useQuery } from "@tanstack/react-query";
import { Alert } from "antd";
import type { ReactNode } from "react";
import { api, body, type Model } from "../../api/client";
import { useWords } from "../../i18n";
import { Failed, Loading } from "../../parts/feedback/states";
import { Page } from "../../parts/page/page";
import { formatCount, formatDuration, formatTime } from "../../parts/text/format";
import { DeadLettersCard } from "./dead-letters-card";

/** The event pipeline, for administrators: how many events of the registry are not counted yet. */
export default function PipelinePage(): ReactNode {
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
        <PipelineStatus status={query.data} />
      )}
      <DeadLettersCard />
    </Page>
  );
}

function PipelineStatus({ status }: { status: Model<"StatusOut"> }): ReactNode {
  const { say, locale } = useWords();
  const [tone, summary] =
    status.dead_letters > 0
      ? (["warning", "pipeline.someDeadLettered"] as const)
      : status.pending > 0
        ? (["info", "pipeline.someWaiting"] as const)
        : (["success", "pipeline.allCounted"] as const);
  const numbers: [name: string, value: string][] = [
    [say("pipeline.pending"), formatCount(status.pending, locale)],
    [say("pipeline.longestWait"), formatDuration(status.lag_seconds, locale)],
    [say("pipeline.deadLetters"), formatCount(status.dead_letters, locale)],
    [
      say("pipeline.last"),
      status.last_event_at === null
        ? say("common.never")
        : formatTime(status.last_event_at, locale),
    ],
  ];
  return (
    <>
      <Alert className="banner" type={tone} showIcon title={say(summary)} />
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
