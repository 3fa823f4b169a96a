import { useInfiniteQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { type ReactNode, useState } from "react";
import { api, body, type Model } from "../../api/client";
import { useWords } from "../../i18n";
import { Card } from "../../parts/page/page";
import { Empty, Failed, Loading } from "../../parts/feedback/states";
import { type Column, DataTable } from "../../parts/tables/data-table";
import { Ends, LastUsed } from "../../parts/text/time";
import { lazyPart } from "../../parts/page/lazy";

const Dialog = lazyPart(() => import("./access-token-dialog"));

type Token = Model<"TokenOut">;
export type TokenAction = { kind: "create" } | { kind: "revoke"; token: Token };

/** The access tokens of a Docker user, and the logins that keep a token. */
export function Tokens({ username }: { username: string }): ReactNode {
  const { say } = useWords();
  const [action, setAction] = useState<TokenAction | null>(null);
  const columns = useColumns(setAction);
  const query = useInfiniteQuery({
    queryKey: ["tokens", username],
    queryFn: ({ pageParam }) =>
      body(
        api.GET("/api/v1/docker-users/{username}/tokens", {
          params: {
            path: { username },
            query: { limit: 100, cursor: pageParam || undefined } as never,
          },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor,
  });
  const tokens = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Card
      title={say("tokens.title")}
      text={say("tokens.text")}
      actions={
        <Button type="primary" onClick={() => setAction({ kind: "create" })}>
          {say("tokens.create")}
        </Button>
      }
    >
      {query.isPending ? (
        <Loading lines={3} />
      ) : query.isLoadingError ? (
        <Failed error={query.error} retry={() => void query.refetch()} />
      ) : tokens.length === 0 ? (
        <Empty title={say("tokens.empty")} text={say("tokens.empty.text")} />
      ) : (
        <DataTable
          label={say("tokens.title")}
          columns={columns}
          rows={tokens}
          rowKey={(row) => row.id}
        />
      )}
      {query.hasNextPage && (
        <div className="pager">
          <Button onClick={() => void query.fetchNextPage()}>{say("common.more")}</Button>
        </div>
      )}
      {action && <Dialog username={username} action={action} onClose={() => setAction(null)} />}
    </Card>
  );
}

function useColumns(onAction: (action: TokenAction) => void): Column<Token>[] {
  const { say } = useWords();
  return [
    {
      key: "name",
      title: say("tokens.name"),
      cell: (row) => <span className="name-cell">{row.name}</span>,
    },
    { key: "kind", title: say("tokens.kind"), cell: (row) => say(`tokens.kind.${row.kind}`) },
    {
      key: "limit",
      title: say("tokens.limit"),
      cell: (row) => say(`permission.${row.permission}`),
    },
    { key: "expires", title: say("tokens.expires"), cell: (row) => <Ends at={row.expires_at} /> },
    {
      key: "used",
      title: say("tokens.lastUsed"),
      cell: (row) => <LastUsed at={row.last_used_at} from={row.last_used_from} />,
    },
    {
      key: "actions",
      title: say("common.actions"),
      cell: (row) => (
        <Button
          size="small"
          type="link"
          danger
          aria-label={`${say("tokens.revoke")}: ${row.name}`}
          onClick={() => onAction({ kind: "revoke", token: row })}
        >
          {say("tokens.revoke")}
        </Button>
      ),
    },
  ];
}
