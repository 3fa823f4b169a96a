import { keepPreviousData, type QueryKey, useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import type { ReactNode } from "react";
import { useWords } from "../i18n";
import { SearchBox } from "./search";
import { Empty, Failed, Loading } from "./states";
import { type Column, DataTable } from "./table";
import { useUrlValues } from "./url";

interface Slice<Row> {
  items: Row[];
  next_cursor: string | null;
}

interface Props<Row> {
  label: string;
  queryKey: QueryKey;
  fetchPage: (page: { cursor: string | undefined; limit: number; q: string | undefined; sort: string | undefined }) => Promise<Slice<Row>>;
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
  /** Asks again by itself, in milliseconds. */
  refresh?: number;
}

const SIZES = [20, 50, 100];

/** A list of the API: its search, order and page are in the address. */
export function ResourceList<Row>(props: Props<Row>): ReactNode {
  const { say } = useWords();
  const [values, change] = useUrlValues();
  const { q = "", cursor = "", sort = props.defaultSort ?? "" } = values;
  const limit = SIZES.find((size) => String(size) === values.limit) ?? 20;
  const query = useQuery({
    queryKey: [...props.queryKey, { q, cursor, sort, limit }],
    queryFn: () => props.fetchPage({ cursor: cursor || undefined, limit, q: q || undefined, sort: sort || undefined }),
    placeholderData: keepPreviousData,
    refetchInterval: props.refresh ?? false,
  });
  const narrowed = q !== "" || props.filtered === true;
  return (
    <>
      {(props.searchLabel || props.filters) && (
        <div className="filters">
          {props.filters}
          {props.searchLabel && (
            <SearchBox label={props.searchLabel} value={q} onSearch={(text) => change({ q: text }, { replace: true })} />
          )}
        </div>
      )}
      {query.isPending ? (
        <Loading />
      ) : query.isError ? (
        <Failed error={query.error} retry={() => void query.refetch()} />
      ) : query.data.items.length === 0 && cursor === "" ? (
        narrowed ? (
          <Empty title={say("common.nothingFound")} text={say("common.nothingFound.text")}>
            <Button onClick={() => change({ q: "", ...props.clear })}>{say("common.clearSearch")}</Button>
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
            {...(props.defaultSort === undefined ? {} : { onSort: (wanted: string) => change({ sort: wanted }) })}
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
  const trail = Array.isArray(state) && state.every((entry) => typeof entry === "string") ? state : [];
  return (
    <nav className="pager" aria-label={say("common.pages")}>
      <select
        aria-label={say("common.rowsPerPage")}
        value={limit}
        onChange={(event) => change({ limit: event.target.value === "20" ? "" : event.target.value })}
      >
        {SIZES.map((size) => (
          <option key={size} value={size}>
            {say("common.perPage", { count: size })}
          </option>
        ))}
      </select>
      {cursor !== "" && <Button onClick={() => change({ cursor: "" })}>{say("common.firstPage")}</Button>}
      {cursor !== "" && trail.length > 0 && (
        <Button onClick={() => change({ cursor: trail.at(-1) ?? "" }, { state: trail.slice(0, -1) })}>{say("common.previousPage")}</Button>
      )}
      {(next !== null || cursor !== "") && (
        <Button disabled={next === null} onClick={() => change({ cursor: next ?? "" }, { state: [...trail, cursor] })}>
          {say("common.nextPage")}
        </Button>
      )}
    </nav>
  );
}
