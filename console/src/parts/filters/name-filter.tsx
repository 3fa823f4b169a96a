import { useQuery } from "@tanstack/react-query";
import { Select } from "antd";
import { type ReactNode, useState } from "react";

/** How many names a choice lists; further names appear when the user types. */
export const NAMES_LIMIT = 200;

export interface NameFilterProps {
  value: string;
  onChange: (name: string) => void;
}

interface Props extends NameFilterProps {
  label: string;
  /** The text of the option that chooses no name. */
  all: string;
  queryKey: string[];
  /** Returns the names that contain the text, or any names if the text is null. */
  fetchNames: (text: string | null) => Promise<string[]>;
}

/** A filter by one name. If the user types, the filter requests the names that match. */
export function NameFilter({
  value,
  onChange,
  label,
  all,
  queryKey,
  fetchNames,
}: Props): ReactNode {
  const [searchText, setSearchText] = useState("");
  const query = useQuery({
    queryKey: [...queryKey, searchText],
    queryFn: () => fetchNames(searchText || null),
    placeholderData: (previous) => previous,
  });
  const matches = query.data ?? [];
  const names =
    searchText === ""
      ? [...new Set([...(value ? [value] : []), ...matches])] // the value may be beyond the limit
      : matches.filter((name) => name.includes(searchText)); // old matches, until the new ones load
  const options = names.map((name) => ({ value: name, label: name }));
  return (
    <Select
      className="name-filter"
      aria-label={label}
      value={value}
      options={searchText === "" ? [{ value: "", label: all }, ...options] : options}
      showSearch={{ filterOption: false, onSearch: setSearchText }}
      onChange={(name) => {
        setSearchText("");
        onChange(name);
      }}
      popupMatchSelectWidth={false}
      loading={query.isFetching && searchText !== ""}
    />
  );
}
