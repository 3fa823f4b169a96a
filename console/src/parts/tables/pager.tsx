import { Button } from "antd";
import type { ReactNode } from "react";
import { useWords } from "../../i18n";
import { useQueryValues } from "../page/url";

const DEFAULT_SIZE = 20;
const SIZES = [DEFAULT_SIZE, 50, 100];

/** Returns the page size that the address names, or the default. */
export function pageSize(limit: string | undefined): number {
  return SIZES.find((size) => String(size) === limit) ?? DEFAULT_SIZE;
}

interface Props {
  cursor: string;
  nextCursor: string | null;
  limit: number;
}

/**
 * The page size and the links to other pages. The API's cursors lead only forward, so the state of
 * the history entry keeps the cursors of the previous pages. A link opened in a new tab has no such
 * state; it offers the first page instead.
 */
export function Pager({ cursor, nextCursor, limit }: Props): ReactNode {
  const { say } = useWords();
  const [, changeValues] = useQueryValues();
  const state: unknown = window.history.state;
  const previousCursors =
    Array.isArray(state) && state.every((entry) => typeof entry === "string") ? state : [];
  if (cursor === "" && nextCursor === null && limit === DEFAULT_SIZE) {
    return null; // the list has one page
  }
  return (
    <nav className="pager" aria-label={say("common.pages")}>
      <select
        aria-label={say("common.rowsPerPage")}
        value={limit}
        onChange={({ target }) =>
          changeValues({ limit: target.value === String(DEFAULT_SIZE) ? "" : target.value })
        }
      >
        {SIZES.map((size) => (
          <option key={size} value={size}>
            {say("common.perPage", { count: size })}
          </option>
        ))}
      </select>
      {cursor !== "" && (
        <Button onClick={() => changeValues({ cursor: "" })}>{say("common.firstPage")}</Button>
      )}
      {cursor !== "" && previousCursors.length > 0 && (
        <Button
          onClick={() =>
            changeValues(
              { cursor: previousCursors.at(-1) ?? "" },
              { state: previousCursors.slice(0, -1) },
            )
          }
        >
          {say("common.previousPage")}
        </Button>
      )}
      {(nextCursor !== null || cursor !== "") && (
        <Button
          disabled={nextCursor === null}
          onClick={() =>
            changeValues({ cursor: nextCursor ?? "" }, { state: [...previousCursors, cursor] })
          }
        >
          {say("common.nextPage")}
        </Button>
      )}
    </nav>
  );
}
