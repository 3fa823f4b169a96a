import type { ReactNode } from "react";
import { useWords } from "../../i18n";
import type { Column } from "./data-table";
import { RowButton } from "./row-button";
import { Expiry, RelativeTime } from "../text/time";

interface Credential {
  name: string;
  expires_at: string | null;
  last_used_at: string | null;
  last_used_from: string | null;
}

/** The columns that API keys and access tokens share: expiry, last use, and a revoke button. */
export function useCredentialColumns<Row extends Credential>(
  onRevoke: (row: Row) => void,
): Column<Row>[] {
  const { say } = useWords();
  return [
    { key: "expires", title: say("tokens.expires"), cell: (row) => <Expiry at={row.expires_at} /> },
    {
      key: "used",
      title: say("tokens.lastUsed"),
      cell: (row) => <LastUsed at={row.last_used_at} from={row.last_used_from} />,
    },
    {
      key: "actions",
      title: say("common.actions"),
      cell: (row) => (
        <RowButton
          text={say("tokens.revoke")}
          row={row.name}
          danger
          onClick={() => onRevoke(row)}
        />
      ),
    },
  ];
}

function LastUsed({ at, from }: { at: string | null; from: string | null }): ReactNode {
  const { say } = useWords();
  return (
    <>
      <RelativeTime at={at} />
      {at !== null && from !== null && (
        <div className="quiet">{say("tokens.from", { address: from })}</div>
      )}
    </>
  );
}
