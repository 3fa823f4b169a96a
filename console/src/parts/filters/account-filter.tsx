import type { ReactNode } from "react";
import { api, body } from "../../api/client";
import { useWords } from "../../i18n";
import { type FilterProps, MOST, NameFilter } from "./name-filter";

/** All accounts, for administrators. */
export default function AccountFilter(props: FilterProps): ReactNode {
  const { say } = useWords();
  return (
    <NameFilter
      {...props}
      label={say("common.account")}
      all={say("accounts.all")}
      queryKey={["accounts", "names"]}
      fetchNames={async (q) => {
        const { items } = await body(
          api.GET("/api/v1/accounts", { params: { query: { limit: MOST, q } as never } }),
        );
        return items.map(({ username }) => username);
      }}
    />
  );
}
