import { Button } from "antd";
import { type ReactNode, useState } from "react";
import { Link } from "wouter";
import { api, body, type Model } from "../../api/client";
import { useWords } from "../../i18n";
import { useAdmin } from "../../parts/access/admin";
import { bytes, count } from "../../parts/text/format";
import { ResourceList } from "../../parts/tables/resource-list";
import { NamespaceFilter } from "../../parts/filters/name-filter";
import { Page } from "../../parts/page/page";
import { Empty } from "../../parts/feedback/states";
import { Status } from "../../parts/feedback/status";
import type { Column } from "../../parts/tables/data-table";
import { Ago } from "../../parts/text/time";
import { useUrlValues, withChange } from "../../parts/page/url";
import { lazyPart } from "../../parts/page/lazy";

const Dialog = lazyPart(() => import("./repository-dialog"));

type Repository = Model<"RepositoryOut">;
export type RepositoryAction =
  { kind: "create" } | { kind: "change" | "delete"; repository: Repository };

const VIEWS = ["own", "shared", "public"] as const;
type View = (typeof VIEWS)[number];

export default function Repositories(): ReactNode {
  const { say } = useWords();
  const [values] = useUrlValues();
  const [action, setAction] = useState<RepositoryAction | null>(null);
  const admin = useAdmin();
  const view: View = VIEWS.find((each) => each === values.view) ?? "own";
  const create = (
    <Button type="primary" onClick={() => setAction({ kind: "create" })}>
      {say("repositories.create")}
    </Button>
  );
  return (
    <Page title={say("repositories.title")} actions={create}>
      <nav className="tabs" aria-label={say("repositories.views")}>
        {VIEWS.map((each) => (
          <Link
            key={each}
            href={`/repositories${withChange("", { view: each === "own" ? "" : each })}`}
            aria-current={each === view ? "page" : undefined}
          >
            {say(each === "own" && admin ? "repositories.all" : `repositories.${each}`)}
          </Link>
        ))}
      </nav>
      <RepositoryList key={view} view={view} onAction={setAction} />
      {action && (
        <Dialog action={action} namespace={values.namespace} onClose={() => setAction(null)} />
      )}
    </Page>
  );
}

interface ListProps {
  view: View;
  /** One namespace only, and no choice of another. */
  namespace?: string;
  onAction?: (action: RepositoryAction) => void;
}

export function RepositoryList({ view, namespace, onAction }: ListProps): ReactNode {
  const { say } = useWords();
  const [values, change] = useUrlValues();
  const columns = useColumns(view === "own" ? onAction : undefined);
  const only = namespace ?? values.namespace ?? "";
  const empty = view === "own" ? "repositories.empty" : (`repositories.empty.${view}` as const);
  return (
    <ResourceList<Repository>
      label={say("repositories.title")}
      queryKey={["repositories", view, only]}
      fetchPage={({ sort, ...page }) =>
        body(
          api.GET("/api/v1/repositories", {
            params: {
              query: { ...page, view, namespace: only || undefined, sort: sort as "name" } as never,
            },
          }),
        )
      }
      columns={columns}
      rowKey={(row) => `${row.namespace}/${row.name}`}
      searchLabel={say("repositories.search")}
      defaultSort="name"
      filters={
        view === "own" &&
        namespace === undefined && (
          <NamespaceFilter
            account={values.account ?? ""}
            value={only}
            onChange={(name) => change({ namespace: name })}
          />
        )
      }
      byAccount={view === "own" && namespace === undefined}
      filtered={namespace === undefined && only !== ""}
      clear={{ namespace: "" }}
      refresh={(rows) => (rows.some(({ status }) => status === "deleting") ? 2000 : 10_000)}
      empty={
        <Empty title={say(empty)} text={say(`${empty}.text` as "repositories.empty.text")}>
          {view === "own" && namespace === undefined && (
            <Link href="/first-steps" className="link-button">
              {say("nav.firstSteps")}
            </Link>
          )}
        </Empty>
      }
    />
  );
}

function useColumns(onAction: ListProps["onAction"]): Column<Repository>[] {
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
      cell: (row) => count(row.tag_count, locale),
    },
    {
      key: "size",
      title: say("repositories.size"),
      number: true,
      cell: (row) => bytes(row.size_bytes, locale),
    },
    {
      key: "pulls",
      title: say("repositories.pulls"),
      number: true,
      sort: "pull_count",
      descendingFirst: true,
      cell: (row) => count(row.pull_count, locale),
    },
    {
      key: "pushed",
      title: say("repositories.lastPushed"),
      sort: "last_pushed_at",
      descendingFirst: true,
      cell: (row) => <Ago at={row.last_pushed_at} />,
    },
    {
      key: "created",
      title: say("common.created"),
      sort: "created_at",
      descendingFirst: true,
      cell: (row) => <Ago at={row.created_at} />,
    },
  ];
  if (onAction) {
    columns.push({
      key: "actions",
      title: say("common.actions"),
      cell: (row) => (
        <>
          <Button
            size="small"
            type="link"
            aria-label={`${say("common.change")}: ${row.namespace}/${row.name}`}
            onClick={() => onAction({ kind: "change", repository: row })}
          >
            {say("common.change")}
          </Button>
          <Button
            size="small"
            type="link"
            danger
            disabled={row.status === "deleting"}
            aria-label={`${say("common.delete")}: ${row.namespace}/${row.name}`}
            onClick={() => onAction({ kind: "delete", repository: row })}
          >
            {say("common.delete")}
          </Button>
        </>
      ),
    });
  }
  return columns;
}

export function RepositoryStatus({ status }: { status: Repository["status"] }): ReactNode {
  const { say } = useWords();
  const tone = { empty: "quiet", active: "good", deleting: "warning" } as const;
  return <Status tone={tone[status]} text={say(`repositories.status.${status}`)} />;
}
