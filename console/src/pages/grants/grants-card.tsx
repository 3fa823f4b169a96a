import { useInfiniteQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { type ReactNode, useState } from "react";
import { Link } from "wouter";
import { api, body, type Model } from "../../api/client";
import { useWords } from "../../i18n";
import { moment } from "../../parts/text/format";
import { Card } from "../../parts/page/page";
import { Empty, Failed, Loading } from "../../parts/feedback/states";
import { type Column, DataTable } from "../../parts/tables/data-table";
import { lazyPart } from "../../parts/page/lazy";

const Dialog = lazyPart(() => import("./grant-dialog"));

type Grant = Model<"GrantOut">;
export type GrantAction = { kind: "add" } | { kind: "change" | "remove"; grant: Grant };

/** Who may do what in a namespace. */
export function Grants({ namespace, owner }: { namespace: string; owner: string }): ReactNode {
  const { say } = useWords();
  const [action, setAction] = useState<GrantAction | null>(null);
  const columns = useColumns(owner, setAction);
  const query = useInfiniteQuery({
    queryKey: ["grants", namespace],
    queryFn: ({ pageParam }) =>
      body(
        api.GET("/api/v1/namespaces/{namespace}/grants", {
          params: {
            path: { namespace },
            query: { limit: 100, cursor: pageParam || undefined } as never,
          },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor,
  });
  const grants = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Card
      title={say("grants.title")}
      text={say("grants.text")}
      actions={
        <Button type="primary" onClick={() => setAction({ kind: "add" })}>
          {say("grants.add")}
        </Button>
      }
    >
      {query.isPending ? (
        <Loading lines={3} />
      ) : query.isLoadingError ? (
        <Failed error={query.error} retry={() => void query.refetch()} />
      ) : grants.length === 0 ? (
        <Empty title={say("grants.empty")} text={say("grants.empty.text")} />
      ) : (
        <DataTable
          label={say("grants.title")}
          columns={columns}
          rows={grants}
          rowKey={(row) => row.docker_user}
        />
      )}
      {query.hasNextPage && (
        <div className="pager">
          <Button loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {say("common.more")}
          </Button>
        </div>
      )}
      {action && (
        <Dialog
          namespace={namespace}
          owner={owner}
          action={action}
          onClose={() => setAction(null)}
        />
      )}
    </Card>
  );
}

function useColumns(owner: string, onAction: (action: GrantAction) => void): Column<Grant>[] {
  const { say, locale } = useWords();
  return [
    {
      key: "user",
      title: say("grants.dockerUser"),
      cell: (row) =>
        row.account === owner ? (
          <Link href={`/docker-users/${row.docker_user}`}>{row.docker_user}</Link>
        ) : (
          row.docker_user
        ),
    },
    { key: "account", title: say("common.account"), cell: (row) => row.account },
    {
      key: "permission",
      title: say("permission.label"),
      cell: (row) => say(`permission.${row.permission}`),
    },
    { key: "changed", title: say("grants.changed"), cell: (row) => moment(row.updated_at, locale) },
    {
      key: "actions",
      title: say("common.actions"),
      cell: (row) => (
        <>
          <Button
            size="small"
            type="link"
            aria-label={`${say("common.change")}: ${row.docker_user}`}
            onClick={() => onAction({ kind: "change", grant: row })}
          >
            {say("common.change")}
          </Button>
          <Button
            size="small"
            type="link"
            danger
            aria-label={`${say("common.remove")}: ${row.docker_user}`}
            onClick={() => onAction({ kind: "remove", grant: row })}
          >
            {say("common.remove")}
          </Button>
        </>
      ),
    },
  ];
}
