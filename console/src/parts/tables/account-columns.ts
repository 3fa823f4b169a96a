import { useWords } from "../../i18n";
import { useIsAdmin } from "../access/admin";
import type { Column } from "./data-table";

/** The owner of each row, for administrators: only they see rows of several accounts. */
export function useAccountColumns<Row extends { account: string }>(): Column<Row>[] {
  const { say } = useWords();
  const isAdmin = useIsAdmin();
  return isAdmin
    ? [{ key: "account", title: say("common.account"), cell: (row) => row.account }]
    : [];
}
