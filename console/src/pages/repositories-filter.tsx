import { useQuery } from "@tanstack/react-query";
import { Select } from "antd";
import { type ReactNode, useState } from "react";
import { api, body } from "../api/client";
import { useWords } from "../i18n";

/** The namespaces of the account; with many of them, typing asks the API for those that match. */
export function NamespaceFilter({ value, onChange }: { value: string; onChange: (name: string) => void }): ReactNode {
  const { say } = useWords();
  const [typed, setTyped] = useState("");
  const query = useQuery({
    queryKey: ["namespaces", "names", typed],
    queryFn: () => body(api.GET("/api/v1/namespaces", { params: { query: { limit: 200, q: typed || undefined } as never } })),
    placeholderData: (before) => before,
  });
  const names = query.data?.items.map((each) => each.name) ?? [];
  const options = [
    { value: "", label: say("repositories.allNamespaces") },
    ...[...new Set([...(value ? [value] : []), ...names])].map((name) => ({ value: name, label: name })),
  ];
  return (
    <Select
      className="namespace-filter"
      aria-label={say("repositories.namespace")}
      value={value}
      options={options}
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
