import { type QueryKey, useInfiniteQuery } from "@tanstack/react-query";
import { Button } from "antd";
import type { ReactNode } from "react";
import { useWords } from "../../i18n";
import { Failed, Loading } from "../feedback/states";
import { type Column, DataTable } from "./data-table";
import type { ListPage } from "./list-page";

/** The number of rows that one request returns. */
export const ROWS_LIMIT = 100;

interface Props<Row> {
  label: string;
  queryKey: QueryKey;
  fetchPage: (cursor: string | null) => Promise<ListPage<Row>>;
  columns: Column<Row>[];
  rowKey: (row: Row) => string;
  empty: ReactNode;
}

/** A list inside a page. Its state is not in the address; a button appends the next rows. */
export function GrowingTable<Row>({
  label,
  queryKey,
  fetchPage,
  columns,
  rowKey,
  empty,
}: Props<Row>): ReactNode {
  const { say } = useWords();
  const query = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam }) => fetchPage(pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });
  if (query.isPending) {
    return <Loading lines={3} />;
  }
  if (query.isLoadingError) {
    return <Failed error={query.error} retry={() => void query.refetch()} />;
  }
  const rows = query.data.pages.flatMap((page) => page.items);
  if (rows.length === 0) {
    return empty;
  }
  return (
    <>
      <DataTable label={label} columns={columns} rows={rows} rowKey={rowKey} />
      {query.hasNextPage && (
        <div className="pager">
          <Button loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {say("common.more")}
          </Button>
        </div>
      )}
    </>
  );
}
