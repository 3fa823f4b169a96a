import { useQuery } from "@tanstack/react-query";
import { Select } from "antd";
import { type ReactNode, useState } from "react";
import { api, body } from "../../api/client";
import { useWords } from "../../i18n";

export const MOST = 200;

export interface FilterProps {
  value: string;
  onChange: (name: string) => void;
}

/** The namespaces of the account, or of another one that an administrator looks at. */
export function NamespaceFilter({
  account,
  ...props
}: FilterProps & { account: string }): ReactNode {
  const { say } = useWords();
  return (
    <NameFilter
      {...props}
      label={say("repositories.namespace")}
      all={say("repositories.allNamespaces")}
      queryKey={["namespaces", "names", account]}
      fetchNames={async (q) => {
        const query = { limit: MOST, q, account: account || undefined };
        const { items } = await body(
          api.GET("/api/v1/namespaces", { params: { query: query as never } }),
        );
        return items.map(({ name }) => name);
      }}
    />
  );
}

interface NameFilterProps extends FilterProps {
  label: string;
  /** What stands for no choice. */
  all: string;
  queryKey: string[];
  fetchNames: (q: string | undefined) => Promise<string[]>;
}

/** One of many names; typing asks the API for those that match. */
export function NameFilter({
  value,
  onChange,
  label,
  all,
  queryKey,
  fetchNames,
}: NameFilterProps): ReactNode {
  const [typed, setTyped] = useState("");
  const query = useQuery({
    queryKey: [...queryKey, typed],
    queryFn: () => fetchNames(typed || undefined),
    placeholderData: (before) => before,
  });
  const found = query.data ?? [];
  const names =
    typed === ""
      ? [...new Set([...(value ? [value] : []), ...found])]
      : found.filter((name) => name.includes(typed));
  const options = names.map((name) => ({ value: name, label: name }));
  return (
    <Select
      className="name-filter"
      aria-label={label}
      value={value}
      options={typed === "" ? [{ value: "", label: all }, ...options] : options}
      showSearch={{ filterOption: false, onSearch: setTyped }}
      onChange={(name) => {
        setTyped("");
        onChange(name);
      }}
      popupMatchSelectWidth={false}
      loading={query.isFetching && typed !== ""}
    />
  );
}
