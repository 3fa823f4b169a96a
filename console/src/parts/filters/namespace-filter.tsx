import type { ReactNode } from "react";
import { api, body } from "../../api/client";
import { useWords } from "../../i18n";
import { NAMES_LIMIT, NameFilter, type NameFilterProps } from "./name-filter";

interface Props extends NameFilterProps {
  /** The owner of the namespaces, if an administrator chose one; else empty. */
  account: string;
}

/** A choice of one namespace. */
export function NamespaceFilter({ account, ...props }: Props): ReactNode {
  const { say } = useWords();
  return (
    <NameFilter
      {...props}
      label={say("repositories.namespace")}
      all={say("repositories.allNamespaces")}
      queryKey={["namespaces", "names", account]}
      fetchNames={async (text) => {
        const query = { limit: NAMES_LIMIT, q: text, account: account || null };
        const { items } = await body(api.GET("/api/v1/namespaces", { params: { query } }));
        return items.map(({ name }) => name);
      }}
    />
  );
}
