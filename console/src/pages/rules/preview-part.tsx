import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { Alert, Button } from "antd";
import { type ReactNode, useState } from "react";
import { useWords } from "../../i18n";
import { Failed, Loading } from "../../parts/feedback/states";
import { Status } from "../../parts/feedback/status";
import { type Column, DataTable } from "../../parts/tables/data-table";
import { formatCount } from "../../parts/text/format";
import { RelativeTime } from "../../parts/text/time";
import { reasonText } from "./rule-text";
import { type Decision, type PreviewedTag, previewRules, type Rules, type Scope } from "./rules";

interface Props {
  scope: Scope;
  rules: Rules;
}

/** Which tags the rules delete, and which they keep, with the reason for each. */
export function PreviewPart({ scope, rules }: Props): ReactNode {
  const { say, locale } = useWords();
  const [decision, setDecision] = useState<Decision>("delete");
  const columns = useColumns(scope, rules);
  const query = useInfiniteQuery({
    queryKey: ["rules-preview", scope, rules, decision],
    queryFn: ({ pageParam }) => previewRules(scope, rules, decision, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: keepPreviousData,
    staleTime: 0, // the preview must be current
    gcTime: 0,
  });
  if (query.isPending) {
    return <Loading lines={4} />;
  }
  if (query.isError) {
    return <Failed error={query.error} retry={() => void query.refetch()} />;
  }
  const first = query.data.pages[0];
  const rows = query.data.pages.flatMap((page) => page.items);
  const counts = { delete: first?.deleted_count ?? 0, keep: first?.kept_count ?? 0 };
  return (
    <div className={query.isPlaceholderData ? "stale" : undefined}>
      <p role="status">
        {say(rules.retention_enabled ? "rules.effect.on" : "rules.effect.off", {
          deleted: formatCount(counts.delete, locale),
          kept: formatCount(counts.keep, locale),
        })}
      </p>
      {first?.obstacles.map(({ code }) => (
        <Alert
          key={code}
          className="form-error"
          type="warning"
          showIcon
          title={say(`rules.obstacle.${code}`)}
        />
      ))}
      <div className="choice-bar" role="group" aria-label={say("rules.decision")}>
        {(["delete", "keep"] as const).map((one) => (
          <button
            key={one}
            type="button"
            aria-pressed={one === decision}
            onClick={() => setDecision(one)}
          >
            {say(`rules.show.${one}`, { count: formatCount(counts[one], locale) })}
          </button>
        ))}
      </div>
      {rows.length === 0 ? (
        <p className="quiet">{say(`rules.none.${decision}`)}</p>
      ) : (
        <DataTable
          label={say("rules.preview")}
          columns={columns}
          rows={rows}
          rowKey={(row) => `${row.repository}:${row.tag}`}
        />
      )}
      {query.hasNextPage && (
        <div className="pager">
          <Button loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {say("common.more")}
          </Button>
        </div>
      )}
    </div>
  );
}

function useColumns(scope: Scope, rules: Rules): Column<PreviewedTag>[] {
  const { say } = useWords();
  return [
    {
      key: "tag",
      title: say("image.tag"),
      cell: (row) => (
        <div className="name-cell narrow">
          {scope.repository === undefined && (
            <span className="quiet">{row.repository.split("/").slice(1).join("/")}:</span>
          )}
          {row.tag}
        </div>
      ),
    },
    {
      key: "decision",
      title: say("rules.decision"),
      cell: (row) => (
        <Status
          tone={row.decision === "delete" ? "bad" : "good"}
          text={say(`rules.decision.${row.decision}`)}
        />
      ),
    },
    {
      key: "reason",
      title: say("rules.reason"),
      cell: (row) => reasonText(row, rules.retention, say),
    },
    {
      key: "pushed",
      title: say("image.pushed"),
      cell: (row) => <RelativeTime at={row.pushed_at} />,
    },
    {
      key: "used",
      title: say("rules.lastUsed"),
      cell: (row) => <RelativeTime at={row.last_used_at} />,
    },
  ];
}
