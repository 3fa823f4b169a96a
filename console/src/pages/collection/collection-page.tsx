import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button } from "antd";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { api, body, type Model } from "../../api/client";
import { useWords } from "../../i18n";
import { notice } from "../../parts/feedback/notice";
import { problemText } from "../../parts/feedback/problem-text";
import { Failed, Loading } from "../../parts/feedback/states";
import { Card, Facts, Page } from "../../parts/page/page";
import { formatBytes, formatCount, formatTime } from "../../parts/text/format";
import { EventsCard } from "./events-card";
import { AccountUsageCard } from "./account-usage-card";

type Storage = Model<"StorageOut">;
type Run = Model<"RunOut">;

/** The overview for administrators: the storage, its cleanup, the accounts, and the events. */
export default function CollectionPage(): ReactNode {
  const { say } = useWords();
  const query = useQuery({
    queryKey: ["storage"],
    queryFn: () => body(api.GET("/api/v1/storage")),
    refetchInterval: ({ state }) => (state.data?.current_run ? 1000 : 10_000),
  });
  return (
    <Page title={say("collection.title")} text={say("collection.text")}>
      {query.isPending ? (
        <Loading />
      ) : query.isLoadingError ? (
        <Failed error={query.error} retry={() => void query.refetch()} />
      ) : (
        <>
          <StorageNumbers storage={query.data} />
          <RunsCard storage={query.data} />
        </>
      )}
      <AccountUsageCard />
      <EventsCard />
    </Page>
  );
}

function StorageNumbers({ storage }: { storage: Storage }): ReactNode {
  const { say, locale } = useWords();
  const amount = (blobs: Model<"BlobsOut"> | null) =>
    blobs === null
      ? say("common.unknown")
      : say("collection.amount", {
          size: formatBytes(blobs.size_bytes, locale),
          count: formatCount(blobs.count, locale),
        });
  return (
    <Card title={say("storage.title")}>
      <Facts
        facts={[
          [say("collection.live"), amount(storage.live)],
          [say("collection.doomed"), amount(storage.doomed)],
          [say("collection.deleting"), amount(storage.deleting)],
          [
            say("collection.counted"),
            storage.counted_at === null
              ? say("common.never")
              : formatTime(storage.counted_at, locale),
          ],
        ]}
      />
    </Card>
  );
}

function RunsCard({ storage }: { storage: Storage }): ReactNode {
  const { say, locale } = useWords();
  const queries = useQueryClient();
  const refresh = () => queries.invalidateQueries({ queryKey: ["storage"] });
  const onError = (error: unknown) => notice.show(problemText(error, say, locale));
  const start = useMutation({
    mutationFn: () => api.POST("/api/v1/storage/runs", { body: { is_dry: false } }),
    onSuccess: refresh,
    onError,
  });
  const stop = useMutation({
    mutationFn: () => api.DELETE("/api/v1/storage/runs/current"),
    onSuccess: refresh,
    onError,
  });
  const { current_run: current, last_run: last } = storage;
  return (
    <Card
      title={say("collection.runs")}
      text={say("collection.runs.text")}
      actions={
        current === null ? (
          <Button loading={start.isPending} onClick={() => start.mutate()}>
            {say("collection.start")}
          </Button>
        ) : (
          <Button
            danger
            loading={stop.isPending || current.stop_requested}
            onClick={() => stop.mutate()}
          >
            {say("collection.stop")}
          </Button>
        )
      }
    >
      {current !== null && (
        <Alert className="banner" type="info" showIcon title={<Progress run={current} />} />
      )}
      {last?.error && <Alert className="banner" type="error" showIcon title={last.error} />}
      <Facts
        facts={[
          [
            say("collection.last"),
            last?.finished_at ? formatTime(last.finished_at, locale) : say("common.never"),
          ],
          [
            say("collection.next"),
            storage.next_run_at === null ? "–" : formatTime(storage.next_run_at, locale),
          ],
          ...(last
            ? ([
                [say("collection.freed"), formatBytes(last.report.freed_bytes, locale)],
                [say("collection.deleted"), formatCount(last.report.deleted, locale)],
                [say("collection.marked"), formatBytes(last.report.marked_bytes, locale)],
              ] as [string, string][])
            : []),
        ]}
      />
      <p className="card-link">
        <Link href="/trash">{say("collection.trash")}</Link>
      </p>
    </Card>
  );
}

function Progress({ run }: { run: Run }): ReactNode {
  const { say, locale } = useWords();
  const done = formatCount(run.done, locale);
  const progress = run.total === null ? done : `${done} / ${formatCount(run.total, locale)}`;
  return `${say(`collection.phase.${run.phase}`)} (${progress})`;
}
