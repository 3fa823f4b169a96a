import type { ReactNode } from "react";
import { useWords } from "../../i18n";
import { nextSort } from "./sort";

export interface Column<Row> {
  /** Unique in the table. The column `actions` holds the buttons of a row. */
  key: string;
  title: string;
  cell: (row: Row) => ReactNode;
  /** The API's name of the order by this column; without it the user cannot sort by the column. */
  sort?: string;
  /** Whether the first click sorts in descending order. */
  descendingFirst?: boolean;
  /** Whether the column holds numbers, which align at the right. */
  number?: boolean;
}

/** The rows that the user has selected, by their keys. */
export interface Selection {
  keys: ReadonlySet<string>;
  onChange: (key: string, selected: boolean) => void;
}

interface Props<Row> {
  label: string;
  columns: Column<Row>[];
  rows: Row[];
  rowKey: (row: Row) => string;
  /** Adds a checkbox to each row. */
  selection?: Selection | undefined;
  /** The current order: the name of a column's `sort`, after a "-" if it descends. */
  sort?: string;
  onSort?: (sort: string) => void;
  /** Whether the rows are old and new ones still load. */
  stale?: boolean;
}

/** A table on a wide screen, and a card for each row on a phone. */
export function DataTable<Row>({
  label,
  columns,
  rows,
  rowKey,
  selection,
  sort = "",
  onSort,
  stale,
}: Props<Row>): ReactNode {
  const { say } = useWords();
  const sortableColumns = columns.filter((column) => column.sort !== undefined);
  return (
    <div className={stale ? "table stale" : "table"} aria-busy={stale}>
      {onSort && <SortChoice columns={sortableColumns} sort={sort} onSort={onSort} />}
      <table aria-label={label}>
        <thead>
          <tr>
            {selection && (
              <th scope="col" className="select">
                <span className="visually-hidden">{say("common.select")}</span>
              </th>
            )}
            {columns.map((column) => (
              <ColumnHead key={column.key} column={column} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)}>
              {selection && <SelectionCell name={rowKey(row)} selection={selection} />}
              {columns.map((column) => (
                <Cell key={column.key} column={column} row={row} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function SelectionCell({ name, selection }: { name: string; selection: Selection }): ReactNode {
  const { say } = useWords();
  return (
    <td className="select">
      <input
        type="checkbox"
        aria-label={say("common.selectRow", { name })}
        checked={selection.keys.has(name)}
        onChange={(event) => selection.onChange(name, event.target.checked)}
      />
    </td>
  );
}

function Cell<Row>({ column, row }: { column: Column<Row>; row: Row }): ReactNode {
  // On a phone there is no table head, so the style sheet shows the title before each value.
  if (column.key === "actions") {
    return (
      <td data-title={column.title} className="actions">
        <div className="row-actions">{column.cell(row)}</div>
      </td>
    );
  }
  return (
    <td data-title={column.title} className={column.number ? "number" : undefined}>
      {column.cell(row)}
    </td>
  );
}

interface ColumnHeadProps<Row> {
  column: Column<Row>;
  sort: string;
  onSort: ((sort: string) => void) | undefined;
}

function ColumnHead<Row>({ column, sort, onSort }: ColumnHeadProps<Row>): ReactNode {
  const className = column.number ? "number" : column.key === "actions" ? "actions" : undefined;
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

interface SortChoiceProps<Row> {
  columns: Column<Row>[];
  sort: string;
  onSort: (sort: string) => void;
}

/** The choice of the order on a phone, where the table has no head to click. */
function SortChoice<Row>({ columns, sort, onSort }: SortChoiceProps<Row>): ReactNode {
  const { say } = useWords();
  return (
    <label className="sort-choice">
      {say("repositories.sort")}{" "}
      <select value={sort} onChange={(event) => onSort(event.target.value)}>
        {columns.flatMap((column) => [
          <option key={column.sort} value={column.sort}>
            {`${column.title}, ${say("common.ascending")}`}
          </option>,
          <option key={`-${column.sort}`} value={`-${column.sort}`}>
            {`${column.title}, ${say("common.descending")}`}
          </option>,
        ])}
      </select>
    </label>
  );
}
