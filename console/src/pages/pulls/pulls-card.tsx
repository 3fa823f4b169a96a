import { useQuery } from "@tanstack/react-query";
import { Radio } from "antd";
import { type ReactNode, useMemo } from "react";
import { api, body } from "../../api/client";
import { useWords } from "../../i18n";
import { count } from "../../parts/text/format";
import { Card } from "../../parts/page/page";
import { beginning, filled, RANGES, type Range } from "./series";
import { Failed, Loading } from "../../parts/feedback/states";
import { DataTable } from "../../parts/tables/data-table";
import { useUrlValues } from "../../parts/page/url";
import { lazyPart } from "../../parts/page/lazy";

const Chart = lazyPart(() => import("./pulls-chart"), <Loading lines={4} />);

/** Pulls of a repository, or of one of its tags, over time. */
export function Pulls({ repository, tag }: { repository: string; tag?: string }): ReactNode {
  const { say, locale } = useWords();
  const [values, change] = useUrlValues();
  const range: Range =
    (Object.keys(RANGES) as Range[]).find((each) => each === values.range) ?? "week";
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
              from: beginning(range, now).toISOString(),
              interval: "hour",
            },
          },
        }),
      );
      return filled(points, range, now);
    },
    refetchInterval: 5000,
  });
  const choice = (
    <Radio.Group
      aria-label={say("repository.pulls.range")}
      optionType="button"
      value={range}
      onChange={({ target }: { target: { value?: Range } }) =>
        change({ range: target.value === "week" ? "" : (target.value ?? "") }, { replace: true })
      }
      options={(Object.keys(RANGES) as Range[]).map((each) => ({
        value: each,
        label: say(`repository.pulls.${each}`),
      }))}
    />
  );
  return (
    <Card title={say("repository.pulls")} actions={choice}>
      {query.isPending ? (
        <Loading lines={4} />
      ) : query.isLoadingError ? (
        <Failed error={query.error} retry={() => void query.refetch()} />
      ) : (
        <Drawn points={query.data} range={range} say={say} locale={locale} />
      )}
    </Card>
  );
}

interface DrawnProps {
  points: { at: string; pulls: number }[];
  range: Range;
  say: ReturnType<typeof useWords>["say"];
  locale: string;
}

function Drawn({ points, range, say, locale }: DrawnProps): ReactNode {
  const { hourly } = RANGES[range];
  const total = points.reduce((sum, { pulls }) => sum + pulls, 0);
  const format = useMemo(
    () =>
      new Intl.DateTimeFormat(
        locale,
        hourly ? { dateStyle: "medium", timeStyle: "short" } : { dateStyle: "medium" },
      ),
    [locale, hourly],
  );
  const some = points.filter(({ pulls }) => pulls > 0);
  return (
    <>
      <p>
        {total === 0
          ? say("repository.pulls.none")
          : say("repository.pulls.total", { count: count(total, locale) })}
      </p>
      {total > 0 && (
        <Chart
          points={points}
          stepSeconds={hourly ? 3600 : 86_400}
          label={say("repository.pulls.when")}
          pulls={say("repositories.pulls")}
          locale={locale}
        />
      )}
      {some.length > 0 && (
        <details className="chart-table">
          <summary>{say("repository.pulls.table")}</summary>
          <DataTable
            label={say("repository.pulls.chart")}
            rows={some}
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
                cell: (row) => count(row.pulls, locale),
              },
            ]}
          />
        </details>
      )}
    </>
  );
}
