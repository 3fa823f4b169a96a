import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { api, body } from "../../api/client";
import { useWords } from "../../i18n";
import { Failed, Loading } from "../../parts/feedback/states";
import { Card, Facts } from "../../parts/page/page";
import { formatCount, formatDuration } from "../../parts/text/format";

/** How far the counting of the registry's events is. */
export function EventsCard(): ReactNode {
  const { say, locale } = useWords();
  const query = useQuery({
    queryKey: ["events", "status"],
    queryFn: () => body(api.GET("/api/v1/events/status")),
    refetchInterval: 10_000,
  });
  return (
    <Card title={say("pipeline.title")}>
      {query.isPending ? (
        <Loading lines={1} />
      ) : query.isLoadingError ? (
        <Failed error={query.error} retry={() => void query.refetch()} />
      ) : (
        <Facts
          facts={[
            [say("pipeline.pending"), formatCount(query.data.pending, locale)],
            [say("pipeline.longestWait"), formatDuration(query.data.lag_seconds, locale)],
            [say("pipeline.deadLetters"), formatCount(query.data.dead_letters, locale)],
          ]}
        />
      )}
      <p className="card-link">
        <Link href="/pipeline">{say("collection.events")}</Link>
      </p>
    </Card>
  );
}
