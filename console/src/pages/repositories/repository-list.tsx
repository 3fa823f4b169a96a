import type { ReactNode } from "react";
import { Link } from "wouter";
import { api, body } from "../../api/client";
import { useWords } from "../../i18n";
import { Empty } from "../../parts/feedback/states";
import { NamespaceFilter } from "../../parts/filters/namespace-filter";
import { useQueryValues } from "../../parts/page/url";
import type { Column } from "../../parts/tables/data-table";
import { ResourceList } from "../../parts/tables/resource-list";
import { RowButton } from "../../parts/tables/row-button";
import { formatBytes, formatCount } from "../../parts/text/format";
import { RelativeTime } from "../../parts/text/time";
import type { Repository, RepositoryAction, RepositorySort, View } from "./repository";
import { RepositoryStatus } from "./repository-status";

interface Props {
  view: View;
  /** Limits the list to one namespace, and hides the choice of a namespace. */
  namespace?: string;
  /** Handles the buttons of a row; without it the rows have no buttons. */
  onAction?: (action: RepositoryAction) => void;
}

/** A list of repositories. */
export function RepositoryList({ view, namespace, onAction }: Props): ReactNode {
  const { say } = useWords();
  const [values, changeValues] = useQueryValues();
  const columns = useColumns(view === "own" ? onAction : undefined);
  const selectedNamespace = namespace ?? values.namespace ?? "";
  const hasOwnerFilters = view === "own" && namespace === undefined;
  const empty = view === "own" ? "repositories.empty" : (`repositories.empty.${view}` as const);
  return (
    <ResourceList<Repository>
      label={say("repositories.title")}
      queryKey={["repositories", view, selectedNamespace]}
      fetchPage={({ sort, ...page }) => {
        const query = {
          ...page,
          view,
          namespace: selectedNamespace || null,
          sort: sort as RepositorySort, // from the address; the API refuses an unknown order
        };
        return body(api.GET("/api/v1/repositories", { params: { query } }));
      }}
      columns={columns}
      rowKey={(row) => `${row.namespace}/${row.name}`}
      searchLabel={say("repositories.search")}
      defaultSort="name"
      filters={
        hasOwnerFilters && (
          <NamespaceFilter
            account={values.account ?? ""}
            value={selectedNamespace}
            onChange={(name) => changeValues({ namespace: name })}
          />
        )
      }
      byAccount={hasOwnerFilters}
      filtered={namespace === undefined && selectedNamespace !== ""}
      clear={{ namespace: "" }}
      refresh={(rows) => (rows.some(({ status }) => status === "deleting") ? 2000 : 10_000)}
      empty={
        <Empty title={say(empty)} text={say(`${empty}.text`)}>
          {hasOwnerFilters && (
            <Link href="/first-steps" className="link-button">
              {say("nav.firstSteps")}
            </Link>
          )}
        </Empty>
      }
    />
  );
}

function useColumns(onAction: Props["onAction"]): Column<Repository>[] {
  const { say, locale } = useWords();
  const columns: Column<Repository>[] = [
    {
      key: "name",
      title: say("repositories.repository"),
      sort: "name",
      cell: (row) => (
        <div className="name-cell">
          <Link href={`/repositories/${row.namespace}/${row.name}`}>
            <span className="quiet">{row.namespace}/</span>
            {row.name}
          </Link>
          {row.description && <p className="row-text">{row.description}</p>}
        </div>
      ),
    },
    {
      key: "status",
      title: say("repositories.status"),
      cell: (row) => <RepositoryStatus status={row.status} />,
    },
    {
      key: "tags",
      title: say("repositories.tags"),
      number: true,
      cell: (row) => formatCount(row.tag_count, locale),
    },
    {
      key: "size",
      title: say("repositories.size"),
      number: true,
      cell: (row) => formatBytes(row.size_bytes, locale),
    },
    {
      key: "pulls",
      title: say("repositories.pulls"),
      number: true,
      sort: "pull_count",
      descendingFirst: true,
      cell: (row) => formatCount(row.pull_count, locale),
    },
    {
      key: "pushed",
      title: say("repositories.lastPushed"),
      sort: "last_pushed_at",
      descendingFirst: true,
      cell: (row) => <RelativeTime at={row.last_pushed_at} />,
    },
    {
      key: "created",
      title: say("common.created"),
      sort: "created_at",
      descendingFirst: true,
      cell: (row) => <RelativeTime at={row.created_at} />,
    },
  ];
  if (onAction) {
    columns.push({
      key: "actions",
      title: say("common.actions"),
      cell: (row) => (
        <>
          <RowButton
            text={say("common.change")}
            row={`${row.namespace}/${row.name}`}
            onClick={() => onAction({ kind: "change", repository: row })}
          />
          <RowButton
            text={say("common.delete")}
            row={`${row.namespace}/${row.name}`}
            danger
            disabled={row.status === "deleting"}
            onClick={() => onAction({ kind: "delete", repository: row })}
          />
        </>
      ),
    });
  }
  return columns;
}
