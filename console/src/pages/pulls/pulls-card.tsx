import { useQuery } from "@tanstack/react-query";
import { Radio } from "antd";
import { type ReactNode, useMemo } from "react";
import { api, body } from "../../api/client";
import { useWords } from "../../i18n";
import { Failed, Loading } from "../../parts/feedback/states";
import { lazyPart } from "../../parts/page/lazy";
import { Card } from "../../parts/page/page";
import { useQueryValues } from "../../parts/page/url";
import { DataTable } from "../../parts/tables/data-table";
import { formatCount } from "../../parts/text/format";
import {
  pointsOfRange,
  type PullPoint,
  type Range,
  RANGE_NAMES,
  RANGES,
  rangeStart,
} from "./series";

const PullsChart = lazyPart(() => import("./pulls-chart"), <Loading lines={4} />);

const DEFAULT_RANGE = "week";

interface Props {
  repository: string;
  /** Limits the pulls to one tag. */
  tag?: string;
}

/** The pulls of a repository over time. */
export function PullsCard({ repository, tag }: Props): ReactNode {
  const { say } = useWords();
  const [values, changeValues] = useQueryValues();
  const range: Range = RANGE_NAMES.find((name) => name === values.range) ?? DEFAULT_RANGE;
  const query = useQuery({
    queryKey: ["pulls", repository, tag, range],
    queryFn: async () => {
      const now = new Date();
      const { points } = await body(
        api.GET("/api/v1/pulls", {
          params: {
            query: {
              repository,
              ...(tag ? { tag } : {}),
              from: rangeStart(range, now).toISOString(),
              interval: "hour",
            },
          },
        }),
      );
      return pointsOfRange(points, range, now);
    },
    refetchInterval: 5000,
  });
  const rangeChoice = (
    <Radio.Group
      aria-label={say("repository.pulls.range")}
      optionType="button"
      value={range}
      onChange={({ target }: { target: { value?: Range } }) =>
        changeValues(
          { range: target.value === DEFAULT_RANGE ? "" : (target.value ?? "") },
          { replace: true },
        )
      }
      options={RANGE_NAMES.map((name) => ({ value: name, label: say(`repository.pulls.${name}`) }))}
    />
  );
  return (
    <Card title={say("repository.pulls")} actions={rangeChoice}>
      {query.isPending ? (
        <Loading lines={4} />
      ) : query.isLoadingError ? (
        <Failed error={query.error} retry={() => void query.refetch()} />
      ) : (
        <Pulls points={query.data} hourly={RANGES[range].hourly} />
      )}
    </Card>
  );
}

function Pulls({ points, hourly }: { points: PullPoint[]; hourly: boolean }): ReactNode {
  const { say, locale } = useWords();
  const total = points.reduce((sum, { pulls }) => sum + pulls, 0);
  if (total === 0) {
    return <p>{say("repository.pulls.none")}</p>;
  }
  return (
    <>
      <p>{say("repository.pulls.total", { count: formatCount(total, locale) })}</p>
      <PullsChart
        points={points}
        stepSeconds={hourly ? 3600 : 86_400}
        timeLabel={say("repository.pulls.when")}
        pullsLabel={say("repositories.pulls")}
        locale={locale}
      />
      <details className="chart-table">
        <summary>{say("repository.pulls.table")}</summary>
        <PullsTable points={points.filter(({ pulls }) => pulls > 0)} hourly={hourly} />
      </details>
    </>
  );
}

function PullsTable({ points, hourly }: { points: PullPoint[]; hourly: boolean }): ReactNode {
  const { say, locale } = useWords();
  const format = useMemo(
    () =>
      new Intl.DateTimeFormat(
        locale,
        hourly ? { dateStyle: "medium", timeStyle: "short" } : { dateStyle: "medium" },
      ),
    [locale, hourly],
  );
  return (
    <DataTable
      label={say("repository.pulls.chart")}
      rows={points}
      rowKey={(row) => row.at}
      columns={[
        {
          key: "at",
          title: say("repository.pulls.when"),
          cell: (row) => format.format(new Date(row.at)),
        },
        {
          key: "pulls",
          title: say("repositories.pulls"),
          number: true,
          cell: (row) => formatCount(row.pulls, locale),
        },
      ]}
    />
  );
}
