import type { ReactNode } from "react";
import { useWords } from "../../i18n";
import { nextSort } from "../page/url";

export interface Column<Row> {
  key: string;
  title: string;
  cell: (row: Row) => ReactNode;
  /** The API's name of this order; without it the column cannot be sorted. */
  sort?: string;
  descendingFirst?: boolean;
  number?: boolean;
}

interface Props<Row> {
  label: string;
  columns: Column<Row>[];
  rows: Row[];
  rowKey: (row: Row) => string;
  sort?: string;
  onSort?: (sort: string) => void;
  /** Old rows while new ones are on their way. */
  stale?: boolean;
}

/** A table on a wide screen, a card for each row on a phone. */
export function DataTable<Row>({
  label,
  columns,
  rows,
  rowKey,
  sort = "",
  onSort,
  stale,
}: Props<Row>): ReactNode {
  const sortable = columns.filter((column) => column.sort !== undefined);
  return (
    <div className={stale ? "table stale" : "table"} aria-busy={stale}>
      {onSort && <SortChoice columns={sortable} sort={sort} onSort={onSort} />}
      <table aria-label={label}>
        <thead>
          <tr>
            {columns.map((column) => (
              <Head key={column.key} column={column} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)}>
              {columns.map((column) => (
                <td
                  key={column.key}
                  data-title={column.title}
                  className={
                    column.number ? "number" : column.key === "actions" ? "actions" : undefined
                  }
                >
                  {column.key === "actions" ? (
                    <div className="row-actions">{column.cell(row)}</div>
                  ) : (
                    column.cell(row)
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Head<Row>({
  column,
  sort,
  onSort,
}: {
  column: Column<Row>;
  sort: string;
  onSort: ((sort: string) => void) | undefined;
}): ReactNode {
  const className = column.number ? "number" : undefined;
  if (column.sort === undefined || onSort === undefined) {
    return (
      <th scope="col" className={className}>
        {column.title}
      </th>
    );
  }
  const name = column.sort;
  const direction = sort === name ? "ascending" : sort === `-${name}` ? "descending" : undefined;
  return (
    <th scope="col" className={className} aria-sort={direction}>
      <button
        type="button"
        className="sort"
        onClick={() => onSort(nextSort(sort, name, column.descendingFirst ?? false))}
      >
        {column.title}{" "}
        <span aria-hidden="true">
          {direction === undefined ? "↕" : direction === "ascending" ? "↑" : "↓"}
        </span>
      </button>
    </th>
  );
}

/** On a phone there is no head to sort by. */
function SortChoice<Row>({
  columns,
  sort,
  onSort,
}: {
  columns: Column<Row>[];
  sort: string;
  onSort: (sort: string) => void;
}): ReactNode {
  const { say } = useWords();
  return (
    <label className="sort-choice">
      {say("repositories.sort")}{" "}
      <select value={sort} onChange={(event) => onSort(event.target.value)}>
        {columns.flatMap((column) => [
          <option
            key={column.sort}
            value={column.sort}
          >{`${column.title}, ${say("common.ascending")}`}</option>,
          <option
            key={`-${column.sort}`}
            value={`-${column.sort}`}
          >{`${column.title}, ${say("common.descending")}`}</option>,
        ])}
      </select>
    </label>
  );
}
