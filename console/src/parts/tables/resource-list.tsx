import { keepPreviousData, type QueryKey, useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { type ReactNode } from "react";
import { useWords } from "../../i18n";
import { useAdmin } from "../access/admin";
import { lazyPart } from "../page/lazy";
import { SearchBox } from "../filters/search-box";
import { Empty, Failed, Loading } from "../feedback/states";
import { type Column, DataTable } from "./data-table";
import { useUrlValues } from "../page/url";

interface Slice<Row> {
  items: Row[];
  next_cursor: string | null;
}

export interface PageQuery {
  cursor: string | undefined;
  limit: number;
  q: string | undefined;
  sort: string | undefined;
  /** Whose objects; administrators alone may ask. */
  account: string | undefined;
}

interface Props<Row> {
  label: string;
  queryKey: QueryKey;
  fetchPage: (page: PageQuery) => Promise<Slice<Row>>;
  columns: Column<Row>[];
  rowKey: (row: Row) => string;
  empty: ReactNode;
  searchLabel?: string;
  defaultSort?: string;
  /** Other filters of the list, which are in the address too. */
  filters?: ReactNode;
  /** Whether one of those is set. */
  filtered?: boolean;
  clear?: Record<string, string>;
  /** Administrators may look at one account's rows alone. */
  byAccount?: boolean;
  /** After how many milliseconds these rows are asked for again; false: only when the page is looked at anew. */
  refresh?: (rows: Row[]) => number | false;
}

const AccountFilter = lazyPart(
  () => import("../filters/account-filter"),
  <div className="name-filter" />,
);

const SIZES = [20, 50, 100];

/** A list of the API: its search, order and page are in the address. */
export function ResourceList<Row>(props: Props<Row>): ReactNode {
  const { say } = useWords();
  const [values, change] = useUrlValues();
  const { q = "", cursor = "", sort = props.defaultSort ?? "" } = values;
  const limit = SIZES.find((size) => String(size) === values.limit) ?? 20;
  const byAccount = useAdmin() && props.byAccount === true;
  const account = byAccount ? (values.account ?? "") : "";
  const query = useQuery({
    queryKey: [...props.queryKey, { q, cursor, sort, limit, account }],
    queryFn: () =>
      props.fetchPage({
        cursor: cursor || undefined,
        limit,
        q: q || undefined,
        sort: sort || undefined,
        account: account || undefined,
      }),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => props.refresh?.(state.data?.items ?? []) ?? false,
  });
  const nothing = query.data?.items.length === 0 && cursor === "";
  const narrowed = q !== "" || account !== "" || props.filtered === true;
  return (
    <>
      {(props.searchLabel || props.filters || byAccount) && (narrowed || !nothing) && (
        <div className="filters">
          {byAccount && (
            <AccountFilter
              value={account}
              onChange={(name) => change({ account: name, namespace: "" })}
            />
          )}
          {props.filters}
          {props.searchLabel && (
            <SearchBox
              label={props.searchLabel}
              value={q}
              onSearch={(text) => change({ q: text }, { replace: true })}
            />
          )}
        </div>
      )}
      {query.isPending ? (
        <Loading />
      ) : query.isLoadingError ? (
        <Failed error={query.error} retry={() => void query.refetch()} />
      ) : nothing ? (
        narrowed ? (
          <Empty title={say("common.nothingFound")} text={say("common.nothingFound.text")}>
            <Button onClick={() => change({ q: "", account: "", ...props.clear })}>
              {say("common.clearSearch")}
            </Button>
          </Empty>
        ) : (
          props.empty
        )
      ) : (
        <>
          <DataTable
            label={props.label}
            columns={props.columns}
            rows={query.data.items}
            rowKey={props.rowKey}
            sort={sort}
            {...(props.defaultSort === undefined
              ? {}
              : { onSort: (wanted: string) => change({ sort: wanted }) })}
            stale={query.isPlaceholderData}
          />
          <Pager cursor={cursor} next={query.data.next_cursor} limit={limit} change={change} />
        </>
      )}
    </>
  );
}

interface PagerProps {
  cursor: string;
  next: string | null;
  limit: number;
  change: (values: Record<string, string>, how?: { state?: unknown }) => void;
}

/** Cursors only lead forward: the way back is kept in the history entry, and a link opened afresh leads to the first page. */
function Pager({ cursor, next, limit, change }: PagerProps): ReactNode {
  const { say } = useWords();
  const state: unknown = window.history.state;
  const trail =
    Array.isArray(state) && state.every((entry) => typeof entry === "string") ? state : [];
  if (cursor === "" && next === null && limit === SIZES[0]) {
    return null; // all of it is on this page
  }
  return (
    <nav className="pager" aria-label={say("common.pages")}>
      <select
        aria-label={say("common.rowsPerPage")}
        value={limit}
        onChange={(event) =>
          change({ limit: event.target.value === "20" ? "" : event.target.value })
        }
      >
        {SIZES.map((size) => (
          <option key={size} value={size}>
            {say("common.perPage", { count: size })}
          </option>
        ))}
      </select>
      {cursor !== "" && (
        <Button onClick={() => change({ cursor: "" })}>{say("common.firstPage")}</Button>
      )}
      {cursor !== "" && trail.length > 0 && (
        <Button
          onClick={() => change({ cursor: trail.at(-1) ?? "" }, { state: trail.slice(0, -1) })}
        >
          {say("common.previousPage")}
        </Button>
      )}
      {(next !== null || cursor !== "") && (
        <Button
          disabled={next === null}
          onClick={() => change({ cursor: next ?? "" }, { state: [...trail, cursor] })}
        >
          {say("common.nextPage")}
        </Button>
      )}
    </nav>
  );
}
