import { Button } from "antd";
import type { ReactNode } from "react";
import { useWords } from "../../i18n";
import { formatCount } from "../../parts/text/format";
import { MOST_TAGS } from "../images/tags";

interface Props {
  /** The tags on this page of the list. */
  shown: string[];
  selected: ReadonlySet<string>;
  onSelect: (tags: ReadonlySet<string>) => void;
  onDelete: () => void;
}

/** What the user can do with the selected tags, which can be on several pages of the list. */
export function SelectionBar({ shown, selected, onSelect, onDelete }: Props): ReactNode {
  const { say, locale } = useWords();
  const selectedHere = shown.filter((tag) => selected.has(tag)).length;
  const all = shown.length > 0 && selectedHere === shown.length;
  const tooMany = selected.size > MOST_TAGS;
  return (
    <div className="selection">
      <label>
        <input
          type="checkbox"
          checked={all}
          ref={(box) => {
            if (box) {
              box.indeterminate = selectedHere > 0 && !all;
            }
          }}
          onChange={() => {
            const others = [...selected].filter((tag) => !shown.includes(tag));
            onSelect(new Set(all ? others : [...others, ...shown]));
          }}
        />
        {say("repository.selectPage")}
      </label>
      <span className="quiet" role="status">
        {selected.size > 0 &&
          say(tooMany ? "repository.tooManySelected" : "repository.selected", {
            count: formatCount(selected.size, locale),
            most: MOST_TAGS,
          })}
      </span>
      {selected.size > 0 && (
        <>
          <Button size="small" danger disabled={tooMany} onClick={onDelete}>
            {say("repository.deleteSelected")}
          </Button>
          <Button size="small" onClick={() => onSelect(new Set())}>
            {say("repository.clearSelection")}
          </Button>
        </>
      )}
    </div>
  );
}
