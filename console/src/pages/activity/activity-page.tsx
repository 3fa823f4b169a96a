import type { ReactNode } from "react";
import { Link } from "wouter";
import { api, body, type Model } from "../../api/client";
import { useWords } from "../../i18n";
import { Empty } from "../../parts/feedback/states";
import { SearchBox } from "../../parts/filters/search-box";
import { Page } from "../../parts/page/page";
import { useQueryValues } from "../../parts/page/url";
import { ResourceList } from "../../parts/tables/resource-list";
import { formatTime } from "../../parts/text/format";
import { actionText } from "./action-text";
import { targetPage } from "./target-page";

type AuditEntry = Model<"AuditEntryOut">;

/** The kinds of objects to filter by; an action begins with the kind: `grant.push`. */
const KINDS = [
  "namespace",
  "repository",
  "image",
  "docker_user",
  "grant",
  "token",
  "api_key",
  "session",
  "login",
  "account",
] as const;

/** The audit trail. */
export default function ActivityPage(): ReactNode {
  const { say, locale } = useWords();
  const [values, changeValues] = useQueryValues();
  const { action = "", target = "" } = values;
  return (
    <Page title={say("activity.title")} text={say("activity.text")}>
      <ResourceList<AuditEntry>
        label={say("activity.title")}
        queryKey={["audit", action, target]}
        fetchPage={({ cursor, limit, account }) => {
          const query = { cursor, limit, account, action: action || null, target: target || null };
          return body(api.GET("/api/v1/audit", { params: { query } }));
        }}
        byAccount
        rowKey={(row) =>
          [row.at, row.action, row.target, row.account, row.client_address].join(" ")
        }
        filters={
          <>
            <select
              aria-label={say("activity.filter")}
              value={action}
              onChange={(event) => changeValues({ action: event.target.value })}
            >
              <option value="">{say("activity.all")}</option>
              {KINDS.map((kind) => (
                <option key={kind} value={kind}>
                  {say(`activity.noun.${kind}`)}
                </option>
              ))}
            </select>
            <SearchBox
              label={say("activity.searchTarget")}
              value={target}
              onSearch={(text) => changeValues({ target: text }, { replace: true })}
            />
          </>
        }
        filtered={action !== "" || target !== ""}
        clear={{ action: "", target: "" }}
        columns={[
          { key: "what", title: say("activity.what"), cell: (row) => actionText(row.action, say) },
          { key: "target", title: say("activity.target"), cell: (row) => <Target entry={row} /> },
          { key: "who", title: say("activity.who"), cell: (row) => row.account ?? "–" },
          {
            key: "address",
            title: say("activity.address"),
            cell: (row) => row.client_address ?? "–",
          },
          { key: "at", title: say("activity.at"), cell: (row) => formatTime(row.at, locale) },
        ]}
        empty={<Empty title={say("activity.empty")} text={say("activity.empty.text")} />}
      />
    </Page>
  );
}

function Target({ entry }: { entry: AuditEntry }): ReactNode {
  const page = targetPage(entry.action, entry.target);
  return (
    <span className="name-cell">
      {page === null ? entry.target : <Link href={page}>{entry.target}</Link>}
    </span>
  );
}
