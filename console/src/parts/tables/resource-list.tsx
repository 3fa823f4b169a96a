import { keepPreviousData, type QueryKey, useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import type { ReactNode } from "react";
import { useWords } from "../../i18n";
import { useIsAdmin } from "../access/admin";
import { Empty, Failed, Loading } from "../feedback/states";
import { SearchBox } from "../filters/search-box";
import { lazyPart } from "../page/lazy";
import { useQueryValues } from "../page/url";
import { type Column, DataTable, type Selection } from "./data-table";
import type { ListPage } from "./list-page";
import { Pager, pageSize } from "./pager";

/** The query parameters that lists of the API share. Null leaves a parameter out. */
export interface PageQuery {
  cursor: string | null;
  limit: number;
  q: string | null;
  /** Empty if the list has no order to choose. */
  sort: string;
  /** The owner of the rows; only an administrator may choose one. */
  account: string | null;
}

interface Props<Row> {
  label: string;
  queryKey: QueryKey;
  fetchPage: (query: PageQuery) => Promise<ListPage<Row>>;
  columns: Column<Row>[];
  rowKey: (row: Row) => string;
  /** Adds a checkbox to each row. */
  selection?: Selection | undefined;
  /** What to show above the table, such as what the user can do with the selected rows. */
  toolbar?: (rows: Row[]) => ReactNode;
  /** What to show if there are no rows at all. */
  empty: ReactNode;
  /** The label of the search field; without it the list has no search. */
  searchLabel?: string;
  /** The initial order; without it the user cannot sort the list. */
  defaultSort?: string;
  /** Further filters, which keep their values in the address too. */
  filters?: ReactNode;
  /** Whether one of `filters` is set. */
  filtered?: boolean;
  /** The values of the address that remove `filters`. */
  clear?: Record<string, string>;
  /** Whether administrators can filter by account. */
  byAccount?: boolean;
  /** Returns after how many milliseconds the list reloads by itself, or false. */
  refresh?: (rows: Row[]) => number | false;
}

const AccountFilter = lazyPart(
  () => import("../filters/account-filter"),
  <div className="name-filter" />,
);

/** A list of the API with search, order, and pages, which it keeps in the address. */
export function ResourceList<Row>(props: Props<Row>): ReactNode {
  const { say } = useWords();
  const [values, changeValues] = useQueryValues();
  const { q = "", cursor = "", sort = props.defaultSort ?? "" } = values;
  const limit = pageSize(values.limit);
  const byAccount = useIsAdmin() && props.byAccount === true;
  const account = byAccount ? (values.account ?? "") : "";
  const query = useQuery({
    queryKey: [...props.queryKey, { q, cursor, sort, limit, account }],
    queryFn: () =>
      props.fetchPage({
        cursor: cursor || null,
        limit,
        q: q || null,
        sort,
        account: account || null,
      }),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => props.refresh?.(state.data?.items ?? []) ?? false,
  });
  const isEmpty = query.data?.items.length === 0 && cursor === "";
  const isFiltered = q !== "" || account !== "" || props.filtered === true;
  return (
    <>
      {(props.searchLabel || props.filters || byAccount) && (isFiltered || !isEmpty) && (
        <div className="filters">
          {byAccount && (
            <AccountFilter
              value={account}
              onChange={(name) => changeValues({ account: name, namespace: "" })}
            />
          )}
          {props.filters}
          {props.searchLabel && (
            <SearchBox
              label={props.searchLabel}
              value={q}
              onSearch={(text) => changeValues({ q: text }, { replace: true })}
            />
          )}
        </div>
      )}
      {query.isPending ? (
        <Loading />
      ) : query.isLoadingError ? (
        <Failed error={query.error} retry={() => void query.refetch()} />
      ) : isEmpty && isFiltered ? (
        <Empty title={say("common.nothingFound")} text={say("common.nothingFound.text")}>
          <Button onClick={() => changeValues({ q: "", account: "", ...props.clear })}>
            {say("common.clearSearch")}
          </Button>
        </Empty>
      ) : isEmpty ? (
        props.empty
      ) : (
        <>
          {props.toolbar?.(query.data.items)}
          <DataTable
            label={props.label}
            selection={props.selection}
            columns={props.columns}
            rows={query.data.items}
            rowKey={props.rowKey}
            sort={sort}
            {...(props.defaultSort === undefined
              ? {}
              : { onSort: (order: string) => changeValues({ sort: order }) })}
            stale={query.isPlaceholderData}
          />
          <Pager cursor={cursor} nextCursor={query.data.next_cursor} limit={limit} />
        </>
      )}
    </>
  );
}
