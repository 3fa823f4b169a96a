import type { ReactNode } from "react";
import { api, body } from "../../api/client";
import { useWords } from "../../i18n";
import { NAMES_LIMIT, NameFilter, type NameFilterProps } from "./name-filter";

/** A choice of one account, for administrators. */
export default function AccountFilter(props: NameFilterProps): ReactNode {
  const { say } = useWords();
  return (
    <NameFilter
      {...props}
      label={say("common.account")}
      all={say("accounts.all")}
      queryKey={["accounts", "names"]}
      fetchNames={async (text) => {
        const query = { limit: NAMES_LIMIT, q: text };
        const { items } = await body(api.GET("/api/v1/accounts", { params: { query } }));
        return items.map(({ username }) => username);
      }}
    />
  );
}
